namespace FusedMoe;

/// <summary>
/// A composed layer, ready to run. One object runs one call at a time. After construction nothing is allocated, on the
/// device or the managed heap.
/// </summary>
public interface IMoeKernel : IDisposable
{
    /// <summary>The plan it was built from.</summary>
    MoeKernelPlan Plan { get; }

    /// <summary>The device it runs on.</summary>
    IComputeDevice Device { get; }

    /// <summary>Every buffer it holds; their sum is all it takes beyond weights, inputs and output.</summary>
    IReadOnlyList<BufferReport> Buffers { get; }

    /// <summary>True when the output is summed over all ranks; otherwise the caller reduces it.</summary>
    bool OutputIsReduced { get; }

    /// <summary>Runs the layer: enqueues and returns on a GPU. Zero rows are allowed; collectives still run.</summary>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, type or device; named with both.</exception>
    ExpertsResult Apply(in MoeKernelCall call, IComputeStream stream);

    /// <summary>
    /// Runs two micro-batches, interleaved through the async forms where the chain has them (one computes while the
    /// other travels), one after the other where it has not. The results equal two calls of <see cref="Apply"/> bit for
    /// bit.
    /// </summary>
    void ApplyInterleaved(in MoeKernelCall first, in MoeKernelCall second, IComputeStream stream);
}
