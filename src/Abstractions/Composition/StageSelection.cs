namespace FusedMoe;

/// <summary>
/// Explicit names of stages; null leaves a stage to the composer. A named stage is used or refused, never replaced.
/// </summary>
/// <param name="Router">Router name.</param>
/// <param name="PrepareAndFinalize">Prepare/finalize name.</param>
/// <param name="Experts">Experts name.</param>
public sealed record StageSelection(string? Router = null, string? PrepareAndFinalize = null, string? Experts = null);
