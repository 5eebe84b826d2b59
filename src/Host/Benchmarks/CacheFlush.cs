using Microsoft.Extensions.DependencyInjection;

namespace FusedMoe.Host.Benchmarks;

/// <summary>
/// Empties the device's cache between timed calls by reading a buffer several times its size, so that it holds other data that
/// need not be written back. A buffer that is written would leave its lines for the timed call to write back: on an H100 that
/// costs a call of one token about ten microseconds.
/// </summary>
internal sealed class CacheFlush : IDisposable
{
    private const int Columns = 8192;
    private const int LeastBytes = 256 << 20;
    private const int Reads = 2;
    private readonly ILayerOps? _reader;
    private readonly IDeviceMemory _memory;
    private readonly IDeviceMemory _sums;
    private readonly TensorView _rows;
    private readonly TensorView _row;
    private readonly TensorView _output;
    private byte _value = 1;

    /// <summary>Allocates on <paramref name="device"/> and fills the buffer once.</summary>
    public CacheFlush(HostSession session, IComputeDevice device, IComputeStream stream)
    {
        var kind = device.Traits.Id.Kind;
        _reader = kind == DeviceKind.Cpu
            ? null
            : session.Services.GetServices<ILayerOps>().FirstOrDefault(o => o.DeviceKind == kind);
        var bytes = Math.Max(LeastBytes, 4 * device.Traits.CacheBytes);
        var rows = (bytes + (Columns * sizeof(ushort)) - 1) / (Columns * sizeof(ushort));
        _memory = device.Allocate(rows * Columns * sizeof(ushort), "Cache flush");
        _sums = device.Allocate(rows * sizeof(float), "Cache flush sums");
        _rows = TensorView.Contiguous(_memory.Pointer, DType.BFloat16, new TensorShape(rows, Columns), _memory.Device);
        _row = TensorView.Contiguous(_memory.Pointer, DType.BFloat16, new TensorShape(1, Columns), _memory.Device);
        _output = TensorView.Contiguous(_sums.Pointer, DType.Float32, new TensorShape(1, rows), _sums.Device);
        stream.Fill(_memory.Pointer, _value, _memory.Bytes);
    }

    /// <summary>
    /// Enqueues one flush. The buffer is read twice: a host that slept enqueues slowly at first, and what is timed must be
    /// enqueued before the flush ends. On a CPU, and on a device without layer operations, the buffer is written.
    /// </summary>
    public void Run(IComputeStream stream)
    {
        if (_reader is null)
        {
            stream.Fill(_memory.Pointer, _value++, _memory.Bytes);
            return;
        }

        for (var i = 0; i < Reads; i++)
        {
            _reader.ProjectLogits(_row, _rows, TensorView.None, _output, stream);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sums.Dispose();
        _memory.Dispose();
    }
}
