namespace FusedMoe;

/// <summary>A composition as data: what was chosen, why, and every candidate that was not, with every reason.</summary>
public sealed record MoeKernelPlan
{
    /// <summary>The layer asked for.</summary>
    public required MoeLayerSpec Layer { get; init; }

    /// <summary>The deployment asked for.</summary>
    public required DeploymentSpec Deployment { get; init; }

    /// <summary>The chosen chain; null when nothing fits.</summary>
    public required MoeChain? Chain { get; init; }

    /// <summary>Evidence of the choice.</summary>
    public required ChoiceReason Reason { get; init; }

    /// <summary>
    /// The reason in words, for example <c>first of 2 that can run in the priority list cpu, reference</c>.
    /// </summary>
    public required string Because { get; init; }

    /// <summary>Every candidate, chosen or not, in the order they were considered.</summary>
    public required IReadOnlyList<CandidateReport> Candidates { get; init; }

    /// <summary>
    /// Reasons that concern no single candidate: unknown names, missing devices, plugins that did not load.
    /// </summary>
    public IReadOnlyList<Refusal> Refusals { get; init; } = [];

    /// <summary>Plan of the shared experts, or null.</summary>
    public MoeKernelPlan? SharedExperts { get; init; }

    /// <summary>True when a chain was found for the layer and its shared experts.</summary>
    public bool IsRunnable => Chain is not null && (SharedExperts?.IsRunnable ?? true);
}
