using System.Runtime.InteropServices;

namespace FusedMoe.Runtime;

/// <summary>Allocates a kernel's buffers and keeps the list that <see cref="IMoeKernel.Buffers"/> shows.</summary>
/// <param name="device">Where buffers are allocated.</param>
/// <param name="owner">Gives them back.</param>
/// <param name="isMeasuring">True when buffers are only listed; their views then have no address.</param>
internal sealed class KernelMemory(IComputeDevice device, DisposableStack owner, bool isMeasuring)
{
    private readonly List<BufferReport> _reports = [];

    /// <summary>Every buffer so far.</summary>
    public IReadOnlyList<BufferReport> Reports => _reports;

    /// <summary>True when buffers are only listed.</summary>
    public bool IsMeasuring => isMeasuring;

    /// <summary>A tensor of its own; <see cref="TensorView.None"/> for rank 0.</summary>
    public TensorView Allocate(string name, DType dtype, TensorShape shape)
    {
        if (shape.Rank == 0)
        {
            return TensorView.None;
        }

        var bytes = dtype.BytesFor(shape.Elements);
        var pointer = isMeasuring ? 0 : owner.Own(device.Allocate(bytes, $"{name} of a fused MoE layer")).Pointer;
        _reports.Add(new BufferReport(name, bytes));
        return TensorView.Contiguous(pointer, dtype, shape, device.Traits.Id);
    }

    /// <summary>A tensor of its own that holds <paramref name="values"/>.</summary>
    public TensorView Upload<T>(string name, DType dtype, TensorShape shape, T[] values, IComputeStream stream)
        where T : unmanaged
    {
        var view = Allocate(name, dtype, shape);
        if (!isMeasuring)
        {
            stream.CopyToDevice(MemoryMarshal.AsBytes<T>(values), view.Pointer);
        }

        return view;
    }

    /// <summary>Reports memory that a stage holds for the kernel.</summary>
    public void Report(string name, long bytes)
    {
        if (bytes > 0)
        {
            _reports.Add(new BufferReport(name, bytes));
        }
    }

    /// <summary>Takes over another kernel's buffers, for example the shared experts'.</summary>
    public void Report(string prefix, IEnumerable<BufferReport> buffers)
    {
        foreach (var buffer in buffers)
        {
            _reports.Add(new BufferReport($"{prefix} {buffer.Name}", buffer.Bytes));
        }
    }
}
