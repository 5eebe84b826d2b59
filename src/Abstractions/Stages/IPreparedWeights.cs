namespace FusedMoe;

/// <summary>Weights as a backend wants them. Disposing frees what preparing allocated, never the source.</summary>
public interface IPreparedWeights : IDisposable
{
    /// <summary>Name of the arrangement that <see cref="Weights"/> are in.</summary>
    WeightLayout Layout { get; }

    /// <summary>The views, in <see cref="Layout"/>.</summary>
    ExpertWeights Weights { get; }

    /// <summary>Bytes allocated beyond the source.</summary>
    long AllocatedBytes { get; }
}
