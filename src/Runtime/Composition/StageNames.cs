namespace FusedMoe.Runtime;

/// <summary>Names asked for explicitly, by the caller or by configuration.</summary>
/// <param name="Router">Router, <see cref="NoRouter"/>, or null.</param>
/// <param name="PrepareAndFinalize">Prepare/finalize, or null.</param>
/// <param name="Experts">Experts, or null.</param>
internal sealed record StageNames(string? Router, string? PrepareAndFinalize, string? Experts)
{
    /// <summary>The router's name for "callers bring top-k ids and weights".</summary>
    public const string NoRouter = "none";

    /// <summary>Nothing is named.</summary>
    public static StageNames None { get; } = new(null, null, null);

    /// <summary>True when callers bring ids and weights.</summary>
    public bool HasNoRouter => NoRouter.Equals(Router, StringComparison.OrdinalIgnoreCase);

    /// <summary>True when anything but "no router" is named.</summary>
    public bool HasAny => (Router is not null && !HasNoRouter) || PrepareAndFinalize is not null || Experts is not null;

    /// <summary>The caller's names, configuration's where the caller gives none.</summary>
    public static StageNames From(StageSelection? selection, ComposerOptions options) => new(
        selection?.Router ?? options.Router,
        selection?.PrepareAndFinalize ?? options.PrepareAndFinalize,
        selection?.Experts ?? options.Experts);

    /// <summary>The name asked for of one kind; null when the composer chooses.</summary>
    public string? Of(StageKind kind) => kind switch
    {
        StageKind.Router => HasNoRouter ? null : Router,
        StageKind.PrepareFinalize => PrepareAndFinalize,
        _ => Experts,
    };
}
