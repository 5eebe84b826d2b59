namespace FusedMoe.Host.Layers;

/// <summary>Random weights and the memory they are in.</summary>
internal sealed class SyntheticLayer(MoeLayerWeights weights, IReadOnlyList<IDeviceMemory> memory) : IDisposable
{
    public MoeLayerWeights Weights { get; } = weights;

    public void Dispose()
    {
        foreach (var part in memory)
        {
            part.Dispose();
        }
    }
}
