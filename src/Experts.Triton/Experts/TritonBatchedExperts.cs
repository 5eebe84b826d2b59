using FusedMoe.Cuda;

namespace FusedMoe.Experts.Triton;

/// <summary>
/// Modular experts in the batched format <c>[E, T·D, K]</c>. Only live rows are computed; the others keep what they held.
/// Plan of memory: activation output → workspace2 (from the first product, or through workspace13 when the activation is
/// separate), quantized rows and their scales behind it; second product → output, over workspace13.
/// </summary>
internal sealed class TritonBatchedExperts : IFusedExperts
{
    private readonly TritonLayer _layer;
    private readonly ExpertsCallRules _rules;
    private readonly TritonKernelCache _kernels;
    private readonly TritonLauncher _launcher;
    private readonly InnerActivation _inner;
    private readonly IActivationQuantizer? _quantizer;
    private readonly TritonProducts _products;

    /// <summary>Experts of one layer on one device.</summary>
    public TritonBatchedExperts(IFusedExpertsDescriptor descriptor, StageContext context, TritonServices services)
    {
        Descriptor = descriptor;
        _layer = TritonLayer.From(context, isBatched: true);
        _rules = new ExpertsCallRules(context, descriptor, WeightAndReduce, WorkspaceDType);
        _products = new TritonProducts(_layer);
        _quantizer = services.Quantizer;
        var tuned = services.Tuned(_layer, context.Device.Traits.Name);
        var planner = new TritonPlanner(services.Images, _layer, tinyPairs: 0, tuned);
        planner.RequireImages();
        _kernels = new TritonKernelCache(planner, services.Library, context.Device);
        _launcher = new TritonLauncher(_layer, services.Options.ProgrammaticLaunch);
        _inner = new InnerActivation(_layer, _launcher, _kernels.Activate, _quantizer);
    }

    /// <inheritdoc/>
    public IFusedExpertsDescriptor Descriptor { get; }

    /// <inheritdoc/>
    public DType WorkspaceDType => _layer.DType;

    /// <inheritdoc/>
    public WeightAndReduceSpec WeightAndReduce => WeightAndReduceSpec.Delegate;

    /// <inheritdoc/>
    public IPreparedWeights PrepareWeights(ExpertWeights source, IComputeStream stream) =>
        TritonWeights.From(_layer, source);

    /// <inheritdoc/>
    public WorkspaceShapes WorkspaceShapes(in ExpertsProblem problem)
    {
        var rows = checked((long)problem.LocalExperts * problem.MaxTokensPerRank * problem.Dispatchers);
        var output = new TensorShape(
            problem.LocalExperts, (long)problem.MaxTokensPerRank * problem.Dispatchers, _layer.Shape.Hidden);
        var widest = Math.Max(_inner.IsFused ? 0 : _layer.GateUp, _layer.Shape.Hidden);
        var bytes2 = CodesOffset(rows) + CodeBytes(rows) + ScaleBytes(rows);
        return new WorkspaceShapes(
            new TensorShape(checked(rows * widest)), new TensorShape(_layer.DType.ElementsFor(bytes2)), output);
    }

    /// <inheritdoc/>
    public ExpertsResult Apply(in ExpertsCall call, IComputeStream stream)
    {
        _rules.Check(call, WorkspaceShapes(_rules.Problem(call.HiddenStates)));
        var (first, second) = _products.Of(call.Weights.Weights);
        var (experts, capacity) = ((int)call.HiddenStates.Shape[0], (int)call.HiddenStates.Shape[1]);
        var kernels = _kernels.For(capacity, call.TokensHint, call.Configuration);
        var shared = kernels.Choice.SharedRowBlocks;
        var rows = new GemmRows(0, 0, call.ExpertTokens.Counts.Pointer, capacity, 1, experts, shared);
        var (space13, space2) = (call.Workspace13.Pointer, call.Workspace2.Pointer);
        var pairs = _layer.ExpectedPairs(capacity, call.TokensHint);

        var activated = space2;
        var firstOutput = _inner.IsFused ? activated : space13;
        _launcher.Product(
            kernels.First, first, new GemmInput(call.HiddenStates.Pointer, call.HiddenScales), firstOutput, rows,
            GemmGrid.Programs(kernels.Choice.First.Tile, first.Shape, pairs, experts), stream);
        if (!_inner.IsFused)
        {
            _inner.Activate(firstOutput, activated, Counts(call, experts, capacity), stream);
        }

        var input = _inner.Quant is null
            ? new GemmInput(activated, TensorView.None)
            : Quantize(second, activated, call, experts, capacity, stream);
        _launcher.Product(
            kernels.Second, second, input, call.Output.Pointer, rows,
            GemmGrid.Programs(kernels.Choice.Second.Tile, second.Shape, pairs, experts), stream);
        return ExpertsResult.Finished;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private GemmInput Quantize(
        TritonProduct second, nint activated, in ExpertsCall call, int experts, int capacity, IComputeStream stream)
    {
        var rows = checked(experts * capacity);
        var shape = new TensorShape(experts, capacity, _layer.Shape.Intermediate);
        var view = TensorView.Contiguous(activated, _layer.DType, shape, call.HiddenStates.Device);
        var codes = call.Workspace2.Pointer + (nint)CodesOffset(rows);
        return _inner.Quantize(view, call.ExpertTokens.Counts, 1, second, codes, codes + (nint)CodeBytes(rows), stream);
    }

    private static ActivateRowsArgs Counts(in ExpertsCall call, int experts, int capacity) => new()
    {
        count_ptr = call.ExpertTokens.Counts.Pointer,
        rows = checked(experts * capacity),
        top_k = 1,
        rows_per_expert = capacity,
    };

    private long CodesOffset(long rows) =>
        DeviceRegion.Round(checked(rows * _layer.Shape.Intermediate * _layer.DType.Bytes()));

    private long CodeBytes(long rows) =>
        _inner.Quant is null ? 0 : DeviceRegion.Round(rows * _layer.Shape.Intermediate);

    private long ScaleBytes(long rows) => _inner.Quant is { } key && _quantizer is not null
        ? _quantizer.ScaleShape(key, checked((int)rows), _layer.Shape.Intermediate).Elements * sizeof(float)
        : 0;
}
