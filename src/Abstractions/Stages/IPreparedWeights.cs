namespace FusedMoe;

/// <summary>
/// Weights as a backend wants them. A backend may keep with them what its kernels write, so calls of the same prepared weights
/// follow each other in stream order. Disposing frees what preparing allocated, never the source.
/// </summary>
public interface IPreparedWeights : IDisposable
{
    /// <summary>Name of the arrangement that <see cref="Weights"/> are in.</summary>
    WeightLayout Layout { get; }

    /// <summary>The views, in <see cref="Layout"/>.</summary>
    ExpertWeights Weights { get; }

    /// <summary>Bytes allocated beyond the source.</summary>
    long AllocatedBytes { get; }
}
