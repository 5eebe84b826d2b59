namespace FusedMoe.Experts.Cpu;

/// <summary>Standard experts: rows in, weighted and summed rows out.</summary>
internal sealed class CpuExperts(IFusedExpertsDescriptor descriptor, StageContext context, DotKernels kernels)
    : IFusedExperts
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
    public WeightAndReduceSpec WeightAndReduce => WeightAndReduceSpec.NoOp;

    /// <inheritdoc/>
    public IPreparedWeights PrepareWeights(ExpertWeights source, IComputeStream stream) => _check.Prepare(source);

    /// <inheritdoc/>
    public WorkspaceShapes WorkspaceShapes(in ExpertsProblem problem) =>
        StandardWorkspace.Shapes(_engine, context.Layer, problem, routes: false);

    /// <inheritdoc/>
    public ExpertsResult Apply(in ExpertsCall call, IComputeStream stream)
    {
        _rules.Check(call, WorkspaceShapes(_rules.Problem(call.HiddenStates)));
        _engine.RunStandard(new StandardRun
        {
            Output = call.Output,
            HiddenStates = call.HiddenStates,
            HiddenScales = call.HiddenScales,
            Tokens = LiveRows.Of(call.ValidTokens, (int)call.HiddenStates.Shape[0]),
            TopK = (int)call.TopKIds.Shape[1],
            TopKIds = call.TopKIds.Pointer,
            TopKWeights = call.TopKWeights.Pointer,
            ExpertMap = call.ExpertMap,
            GlobalExperts = call.GlobalExperts,
            RouterWeightOnInput = call.RouterWeightOnInput,
            Routes = false,
            Weights = call.Weights.Weights,
            Workspace13 = call.Workspace13,
            Workspace2 = call.Workspace2,
        });
        return ExpertsResult.Finished;
    }

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();
}
