using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// Modular experts in the standard format: pairs grouped by expert, a grouped product that gathers their rows into that order,
/// one that writes each row of it to its pair, and the weighted sum over slots. Everything is enqueued; nothing is read on the
/// host.
/// </summary>
internal sealed class CutlassExperts : IFusedExperts
{
    private readonly CutlassLayer _layer;
    private readonly ExpertsCallRules _rules;
    private readonly CutlassWorkspace _workspace;
    private readonly CutlassLauncher _launcher;
    private readonly CutlassGrouping _grouping;
    private readonly CutlassActivation _activation;
    private readonly CutlassTileChoice _tiles;
    private readonly CutlassProducts _products;
    private readonly CutlassDown _down;
    private readonly DecodeExperts _decode;

    /// <summary>Experts of one layer on one device.</summary>
    public CutlassExperts(IFusedExpertsDescriptor descriptor, StageContext context, CutlassServices services)
    {
        Descriptor = descriptor;
        _layer = CutlassLayer.From(context);
        _rules = new ExpertsCallRules(context, descriptor, WeightAndReduce, WorkspaceDType);
        var alignment = services.Alignment ?? throw new InvalidOperationException(
            "The CUTLASS experts need an IExpertAlignment for cuda, got none; load the prepare-finalize plugin.");
        var reductions = services.Reductions ?? throw new InvalidOperationException(
            "The CUTLASS experts need an ITopKWeightAndReduceProvider for cuda, got none; load the prepare-finalize plugin.");
        _activation = new CutlassActivation(_layer, services.Activations);
        _tiles = new CutlassTileChoice(_layer, services.Options);
        _workspace = new CutlassWorkspace(_layer, alignment);
        _grouping = new CutlassGrouping(_layer, _workspace, alignment);
        _launcher = new CutlassLauncher(services.Library, _layer, context.Device, services.Options.ProgrammaticLaunch);
        var sum = reductions.Create(WeightAndReduceSpec.Contiguous, context.Device);
        _down = new CutlassDown(_layer, _launcher, sum);
        _decode = new DecodeExperts(_layer, context, services.Library, services.Options);

        // Last, for it owns memory, and whatever fails above must leave nothing behind.
        _products = new CutlassProducts(_layer);
    }

    /// <inheritdoc/>
    public IFusedExpertsDescriptor Descriptor { get; }

    /// <inheritdoc/>
    public DType WorkspaceDType => _layer.DType;

    /// <inheritdoc/>
    public WeightAndReduceSpec WeightAndReduce => WeightAndReduceSpec.NoOp;

    /// <inheritdoc/>
    public IPreparedWeights PrepareWeights(ExpertWeights source, IComputeStream stream) =>
        CutlassWeights.From(_layer, source, stream);

    /// <inheritdoc/>
    public WorkspaceShapes WorkspaceShapes(in ExpertsProblem problem) => _workspace.Shapes(problem.Tokens);

    /// <inheritdoc/>
    public ExpertsResult Apply(in ExpertsCall call, IComputeStream stream)
    {
        _rules.Check(call, WorkspaceShapes(_rules.Problem(call.HiddenStates)));
        DenseTensor.RequireAddress("hidden states", call.HiddenStates, DenseTensor.VectorBytes);
        var rows = (int)call.HiddenStates.Shape[0];
        var pairs = rows * _layer.Shape.TopK;
        var unfused = _activation.IsFused
            ? TensorView.None
            : DeviceRegion.View(call.Workspace13, 0, _layer.DType, new TensorShape(pairs, _layer.GateUp));
        if (_decode.Takes(call, rows))
        {
            _decode.Apply(call, _activation, unfused, stream);
            return ExpertsResult.Finished;
        }

        _products.Bind(call.Weights);
        var tile = _tiles.Choose(call.Configuration, rows, call.TokensHint);
        var tables = _grouping.Group(call, tile, stream);
        var middle = call.Workspace2.Pointer;
        var firstOutput = _activation.IsFused ? middle : unfused.Pointer;
        var space = new CutlassRows(call.HiddenStates.Pointer, firstOutput, _layer.Shape.TopK);
        _launcher.First(tile, _products.First, tables, space, stream);
        if (!_activation.IsFused)
        {
            _activation.Run(unfused, middle, call.ValidTokens, _layer.Shape.TopK, stream);
        }

        var slots = call.Workspace13.Pointer + (nint)_workspace.SlotOffset(rows);
        _down.Run(call, tile, _products.Second(middle, pairs), tables, slots, stream);
        return ExpertsResult.Finished;
    }

    /// <inheritdoc/>
    public void Dispose() => _products.Dispose();
}
