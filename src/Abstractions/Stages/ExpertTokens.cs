namespace FusedMoe;

/// <summary>How many rows each local expert got.</summary>
/// <param name="Counts">int32 <c>[E_local]</c> on the device; <see cref="TensorView.None"/> when not known.</param>
/// <param name="HostCounts">The same on the host when the transport knows them there; <see cref="TensorView.None"/>
/// otherwise.</param>
public readonly record struct ExpertTokens(TensorView Counts, TensorView HostCounts)
{
    /// <summary>True when no counts are given.</summary>
    public bool IsNone => Counts.IsNone;
}
