namespace FusedMoe;

/// <summary>Facts about one device, read once. Capability queries see these and nothing else of a device.</summary>
public sealed record DeviceTraits
{
    /// <summary>Which device.</summary>
    public required DeviceId Id { get; init; }

    /// <summary>Its marketing name, for example <c>NVIDIA H200</c>; names the folder of measured tables.</summary>
    public required string Name { get; init; }

    /// <summary>CUDA compute capability times ten (90 for 9.0); 0 on a CPU.</summary>
    public int ComputeCapability { get; init; }

    /// <summary>
    /// The compute capability as refusals and messages write it, for example <c>9.0</c>; <c>none</c> for a CPU or a device that
    /// is absent.
    /// </summary>
    public string ComputeCapabilityText =>
        ComputeCapability == 0 ? "none" : $"{ComputeCapability / 10}.{ComputeCapability % 10}";

    /// <summary>Streaming multiprocessors, or worker threads of a CPU.</summary>
    public required int Processors { get; init; }

    /// <summary>Largest shared memory of one block in bytes (opt-in limit); 0 on a CPU.</summary>
    public int SharedMemoryPerBlock { get; init; }

    /// <summary>Last-level cache in bytes; 0 when unknown.</summary>
    public long CacheBytes { get; init; }

    /// <summary>Total memory in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Driver version as <c>1000·major + 10·minor</c>; 0 on a CPU.</summary>
    public int DriverVersion { get; init; }

    /// <summary>True when work on a stream can be captured in a graph and replayed.</summary>
    public bool CanCaptureGraphs { get; init; }

    /// <summary>
    /// Instruction sets that matter to kernels, best first, for example <c>avx512-bf16</c>; empty on a GPU.
    /// </summary>
    public IReadOnlyList<string> InstructionSets { get; init; } = [];
}
