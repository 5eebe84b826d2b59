namespace FusedMoe.Conformance;

/// <summary>A problem, the ranks it runs on and what its deployment asks for.</summary>
internal sealed record LayerRun(ChainSubject Subject, LayerProblem Problem)
{
    public Topology Topology { get; init; } = Subject.Topology;

    /// <summary>Inputs that replace the problem's own; null for those.</summary>
    public LayerInputs? Inputs { get; init; }

    /// <summary>Weights that replace the problem's own; null for those.</summary>
    public LayerWeights? Weights { get; init; }

    public IReadOnlyList<int>? ExpertMap { get; init; }

    public bool GraphCapture { get; init; }

    public bool BatchInvariant { get; init; }

    public bool DeferFinalize { get; init; }

    /// <summary>Largest number of rows of a call; 0 for the problem's tokens.</summary>
    public int MaxTokens { get; init; }

    /// <summary>True when calls carry a device-side count of live rows.</summary>
    public bool UsesValidTokens { get; init; }

    /// <summary>Hint of live rows in calls; 0 for none.</summary>
    public int TokensHint { get; init; }

    /// <summary>Configuration of a tunable backend, as a measured table would name it; null for its own choice.</summary>
    public string? Configuration { get; init; }

    public DeploymentSpec Deployment(SuiteContext context, int rank) => new()
    {
        Device = context.Device.Traits,
        MaxTokens = Math.Max(1, MaxTokens > 0 ? MaxTokens : Problem.Tokens),
        Parallel = Topology.Parallel(rank),
        ExpertMap = ExpertMap,
        GraphCapture = GraphCapture,
        BatchInvariant = BatchInvariant,
        DeferFinalize = DeferFinalize,
    };

    public MoeKernelPlan Plan(SuiteContext context, int rank = 0)
    {
        var plan = context.Composer.Compose(Problem.Layer, Deployment(context, rank), Selection);
        return Configuration is null || plan.Chain is not { } chain ? plan : plan with
        {
            Chain = chain with { Experts = [new ExpertsChoice(Subject.Experts, int.MaxValue, Configuration)] },
        };
    }

    public bool IsAccepted(SuiteContext context) =>
        !Deployment(context, 0).Problems(Problem.Layer).Any() && Plan(context).IsRunnable;

    /// <summary>The pair by name; no router where the call brings ids.</summary>
    public StageSelection Selection =>
        new(BringsIds && !Subject.IsMonolithic ? "none" : null, Subject.Prepare.Name, Subject.Experts.Name);

    /// <summary>True when calls carry ids and weights, false when they carry logits or neither.</summary>
    public bool BringsIds => Problem.Ids is not (IdPattern.Routed or IdPattern.Gated);

    public override string ToString() =>
        $"{Subject.Name}, {Problem}, {Topology}{(Configuration is null ? string.Empty : $", configuration {Configuration}")}";
}
