namespace FusedMoe.Runtime;

/// <summary>Allocates a kernel's buffers and keeps the list that <see cref="IMoeKernel.Buffers"/> shows.</summary>
internal sealed class KernelMemory(IComputeDevice device, DisposableStack owner)
{
    private readonly List<BufferReport> _reports = [];

    /// <summary>Every buffer so far.</summary>
    public IReadOnlyList<BufferReport> Reports => _reports;

    /// <summary>A tensor of its own; <see cref="TensorView.None"/> for rank 0.</summary>
    public TensorView Allocate(string name, DType dtype, TensorShape shape)
    {
        if (shape.Rank == 0)
        {
            return TensorView.None;
        }

        var bytes = dtype.BytesFor(shape.Elements);
        var memory = owner.Own(device.Allocate(bytes, $"{name} of a fused MoE layer"));
        _reports.Add(new BufferReport(name, bytes));
        return TensorView.Contiguous(memory.Pointer, dtype, shape, device.Traits.Id);
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
