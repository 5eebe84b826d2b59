namespace FusedMoe.Experts.Cpu;

/// <summary>Batched experts: each local expert's live rows in, as many rows out, unweighted.</summary>
internal sealed class CpuBatchedExperts(IFusedExpertsDescriptor descriptor, StageContext context, DotKernels kernels)
    : IFusedExperts
{
    private readonly ExpertEngine _engine = new(context, kernels);
    private readonly WeightsCheck _check = new(context.Layer, context.LocalExperts);
    private readonly ExpertsCallRules _rules = new(
        context, descriptor, WeightAndReduceSpec.Delegate, context.Layer.ActivationDType);

    /// <inheritdoc/>
    public IFusedExpertsDescriptor Descriptor => descriptor;

    /// <inheritdoc/>
    public DType WorkspaceDType => context.Layer.ActivationDType;

    /// <inheritdoc/>
    public WeightAndReduceSpec WeightAndReduce => WeightAndReduceSpec.Delegate;

    /// <inheritdoc/>
    public IPreparedWeights PrepareWeights(ExpertWeights source, IComputeStream stream) => _check.Prepare(source);

    /// <inheritdoc/>
    public WorkspaceShapes WorkspaceShapes(in ExpertsProblem problem)
    {
        var capacity = (long)problem.MaxTokensPerRank * problem.Dispatchers;
        var rows = capacity * problem.LocalExperts;
        return new WorkspaceShapes(
            StandardWorkspace.Elements(_engine.InputBytes(rows), WorkspaceDType),
            StandardWorkspace.Elements(_engine.Layout(rows, sumsOverK: false, routes: false).Bytes, WorkspaceDType),
            new TensorShape(problem.LocalExperts, capacity, context.Layer.Shape.Hidden));
    }

    /// <inheritdoc/>
    public ExpertsResult Apply(in ExpertsCall call, IComputeStream stream)
    {
        _rules.Check(call, WorkspaceShapes(_rules.Problem(call.HiddenStates)));
        _engine.RunBatched(call);
        return ExpertsResult.Finished;
    }

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();
}
