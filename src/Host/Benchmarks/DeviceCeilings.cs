namespace FusedMoe.Host.Benchmarks;

/// <summary>What a device reaches at best.</summary>
/// <param name="BytesPerSecond">Reading memory.</param>
/// <param name="OperationsPerSecond">Dense products in the layer's type.</param>
/// <param name="Source">How the figures came about.</param>
internal sealed record DeviceCeilings(double BytesPerSecond, double OperationsPerSecond, string Source);
