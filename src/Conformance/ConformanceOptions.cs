namespace FusedMoe.Conformance;

/// <summary>Which cases are discovered and how they draw their data.</summary>
public sealed record ConformanceOptions
{
    /// <summary>Only subjects that a stage of this plugin belongs to; null for all. Case-insensitive.</summary>
    public string? Plugin { get; init; }

    /// <summary>Only subjects with a stage of exactly this name; null for all. Case-insensitive.</summary>
    public string? Backend { get; init; }

    /// <summary>Only cases whose id contains one of these comma-separated texts; null for all. Case-insensitive.</summary>
    public string? Text { get; init; }

    /// <summary>Adds the large shapes, meant for GPUs: hidden sizes up to 2048 and up to 4096 tokens.</summary>
    public bool Full { get; init; }

    /// <summary>Seed of all data; the same seed gives the same bytes on every machine.</summary>
    public int Seed { get; init; } = 7;

    /// <summary>Longest time one rank of a multi-rank case may take before the case fails.</summary>
    public TimeSpan RankTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
