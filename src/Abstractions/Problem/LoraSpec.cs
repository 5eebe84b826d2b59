namespace FusedMoe;

/// <summary>LoRA adapters that a deployment serves.</summary>
/// <param name="MaxAdapters">Adapters loaded at once, at least 1.</param>
/// <param name="MaxRank">Largest rank, at least 1.</param>
public sealed record LoraSpec(int MaxAdapters, int MaxRank);
