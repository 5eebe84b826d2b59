using FusedMoe.Cuda;

namespace FusedMoe.Experts.Triton;

/// <summary>
/// Modular experts in the standard format: sorted pairs, two grouped products with the activation in the first, and the
/// weighted sum over top-k. Everything is enqueued; nothing is read on the host. See <see cref="TritonWorkspace"/> for the
/// memory plan.
/// </summary>
internal sealed class TritonExperts : IFusedExperts
{
    private readonly TritonLayer _layer;
    private readonly ExpertsCallRules _rules;
    private readonly TritonWorkspace _workspace;
    private readonly TritonKernelCache _kernels;
    private readonly SortedRun _sorted;
    private readonly TinyRun _tiny;
    private readonly TritonProducts _products;

    /// <summary>Experts of one layer on one device.</summary>
    public TritonExperts(IFusedExpertsDescriptor descriptor, StageContext context, TritonServices services)
    {
        Descriptor = descriptor;
        _layer = TritonLayer.From(context, isBatched: false);
        _rules = new ExpertsCallRules(context, descriptor, WeightAndReduce, WorkspaceDType);
        _products = new TritonProducts(_layer);
        var alignment = services.Alignment
            ?? throw new InvalidOperationException(
                "The Triton experts need an IExpertAlignment for cuda, got none; load the prepare-finalize plugin.");
        var traits = context.Device.Traits;
        var tuned = services.Tuned(_layer, traits.Name);
        var planner = new TritonPlanner(services.Images, _layer, services.Options.TinyBatchPairs, tuned);
        planner.RequireImages();
        _workspace = new TritonWorkspace(_layer, planner.RowBlocks, alignment, services.Quantizer);
        _kernels = new TritonKernelCache(planner, services.Library, context.Device);
        var launcher = new TritonLauncher(_layer, services.Options.ProgrammaticLaunch);
        var inner = new InnerActivation(_layer, launcher, _kernels.Activate, services.Quantizer);
        _sorted = new SortedRun(_layer, launcher, alignment, inner, _kernels.Sum);
        _tiny = new TinyRun(_layer, launcher);
    }

    /// <inheritdoc/>
    public IFusedExpertsDescriptor Descriptor { get; }

    /// <inheritdoc/>
    public DType WorkspaceDType => _layer.DType;

    /// <inheritdoc/>
    public WeightAndReduceSpec WeightAndReduce => WeightAndReduceSpec.NoOp;

    /// <inheritdoc/>
    public IPreparedWeights PrepareWeights(ExpertWeights source, IComputeStream stream) =>
        TritonWeights.From(_layer, source);

    /// <inheritdoc/>
    public WorkspaceShapes WorkspaceShapes(in ExpertsProblem problem) => _workspace.Shapes(problem.Tokens);

    /// <inheritdoc/>
    public ExpertsResult Apply(in ExpertsCall call, IComputeStream stream)
    {
        _rules.Check(call, WorkspaceShapes(_rules.Problem(call.HiddenStates)));
        RequireAddresses(call);
        var (first, second) = _products.Of(call.Weights.Weights);
        var rows = (int)call.HiddenStates.Shape[0];
        var kernels = _kernels.For(rows, call.TokensHint, call.Configuration);
        if (kernels.Choice.IsTiny)
        {
            _tiny.Run(call, kernels, first, second, stream);
        }
        else
        {
            var regions = _workspace.Regions(rows, kernels.Choice.First.Tile.BlockM);
            _sorted.Run(call, kernels, first, second, regions, stream);
        }

        return ExpertsResult.Finished;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    // Images for even sizes load and store vectors; those for any sizes go element by element.
    private void RequireAddresses(in ExpertsCall call)
    {
        if (_layer.First.IsAligned)
        {
            DenseTensor.RequireAddress("hidden states", call.HiddenStates, DenseTensor.VectorBytes);
        }

        if (_layer.Second.IsAligned)
        {
            DenseTensor.RequireAddress("output", call.Output, DenseTensor.VectorBytes);
        }
    }
}
