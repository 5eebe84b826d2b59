namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// The weights of one layer on one device. Owns the device memory and keeps the mapped files alive; kernels built from
/// <see cref="Weights"/> must be disposed first.
/// </summary>
public sealed class LoadedMoeLayer : IDisposable
{
    private readonly CheckpointFiles _files;
    private readonly IReadOnlyList<IDeviceMemory> _memory;
    private bool _disposed;

    internal LoadedMoeLayer(
        MoeCheckpointLayer layer,
        MoeLayerSpec spec,
        MoeLayerWeights weights,
        CheckpointFiles files,
        IReadOnlyList<IDeviceMemory> memory)
    {
        (Layer, Spec, Weights, _files, _memory) = (layer, spec, weights, files, memory);
        files.Enter();
    }

    /// <summary>Which layer it is.</summary>
    public MoeCheckpointLayer Layer { get; }

    /// <summary>The whole layer, before any split over ranks.</summary>
    public MoeLayerSpec Spec { get; }

    /// <summary>
    /// Views of this rank's tensors. Biases, scales (but e8m0) and the correction bias are float32; the gate keeps its
    /// stored type. Shared experts of a layer without gate have W13 <c>[1, I_s, K]</c>.
    /// </summary>
    public MoeLayerWeights Weights { get; }

    /// <summary>Global number of this rank's first expert.</summary>
    public int FirstExpert { get; internal init; }

    /// <summary>Bytes that were copied to device memory; views of the mapped file do not count.</summary>
    public long DeviceBytes => _memory.Sum(m => m.Bytes);

    /// <summary>Gives the memory back. Doing so twice is harmless.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach (var memory in _memory)
        {
            memory.Dispose();
        }

        _files.Leave();
    }
}
