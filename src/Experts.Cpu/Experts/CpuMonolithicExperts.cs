namespace FusedMoe.Experts.Cpu;

/// <summary>Monolithic experts: a router of the host in front of the standard run, its results in workspace2.</summary>
internal sealed class CpuMonolithicExperts(
    IFusedExpertsDescriptor descriptor, StageContext context, DotKernels kernels, IRouter router)
    : IMonolithicFusedExperts
{
    private readonly ExpertEngine _engine = new(context, kernels);
    private readonly WeightsCheck _check = new(context.Layer, context.LocalExperts);
    private readonly ExpertsCallRules _rules = new(
        context, descriptor, WeightAndReduceSpec.NoOp, context.Layer.ActivationDType);

    /// <inheritdoc/>
    public IFusedExpertsDescriptor Descriptor => descriptor;

    /// <inheritdoc/>
    public DType WorkspaceDType => context.Layer.ActivationDType;

    /// <inheritdoc/>
    public IPreparedWeights PrepareWeights(ExpertWeights source, IComputeStream stream) => _check.Prepare(source);

    /// <inheritdoc/>
    public WorkspaceShapes WorkspaceShapes(in ExpertsProblem problem) =>
        StandardWorkspace.Shapes(_engine, context.Layer, problem, routes: true);

    /// <inheritdoc/>
    public void Apply(in MonolithicExpertsCall call, IComputeStream stream)
    {
        _rules.Check(call, WorkspaceShapes(_rules.Problem(call.HiddenStates)));
        var rows = call.HiddenStates.Shape[0];
        var topK = context.Layer.Shape.TopK;
        var layout = _engine.Layout(rows * topK, sumsOverK: true, routes: true);
        var ids = Pairs(call, DType.Int32, layout.RoutedIds, rows, topK);
        var weights = Pairs(call, DType.Float32, layout.RoutedWeights, rows, topK);
        router.Route(
            new RouteCall
            {
                Logits = call.RouterLogits,
                CorrectionBias = call.CorrectionBias,
                TopKIds = ids,
                TopKWeights = weights,
                ValidTokens = call.ValidTokens,
            },
            stream);
        _engine.RunStandard(new StandardRun
        {
            Output = call.Output,
            HiddenStates = call.HiddenStates,
            HiddenScales = call.HiddenScales,
            Tokens = LiveRows.Of(call.ValidTokens, (int)rows),
            TopK = topK,
            TopKIds = ids.Pointer,
            TopKWeights = weights.Pointer,
            ExpertMap = call.ExpertMap,
            GlobalExperts = context.Layer.Shape.Experts,
            RouterWeightOnInput = false,
            Routes = true,
            Weights = call.Weights.Weights,
            Workspace13 = call.Workspace13,
            Workspace2 = call.Workspace2,
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.Dispose();
        router.Dispose();
    }

    private static TensorView Pairs(in MonolithicExpertsCall call, DType dtype, long offset, long rows, int topK) =>
        TensorView.Contiguous(call.Workspace2.Pointer + (nint)offset, dtype, new TensorShape(rows, topK), DeviceId.Cpu);
}
