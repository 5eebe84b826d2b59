using System.Runtime.InteropServices;
using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass.Tests;

/// <summary>A tensor on the GPU under test, every byte 0xFF until it is written.</summary>
internal sealed class DeviceTensor : IDisposable
{
    private readonly CudaStream _stream;
    private readonly IDeviceMemory _memory;

    public DeviceTensor(CudaStream stream, DType dtype, params long[] shape)
    {
        _stream = stream;
        var sizes = new TensorShape(shape);
        _memory = stream.Device.Allocate(Math.Max(dtype.BytesFor(sizes.Elements), 1), "test tensor");
        View = TensorView.Contiguous(_memory.Pointer, dtype, sizes, _memory.Device);
        stream.Fill(_memory.Pointer, 0xFF, _memory.Bytes);
    }

    public TensorView View { get; }

    public static DeviceTensor From<T>(CudaStream stream, DType dtype, T[] values, params long[] shape)
        where T : unmanaged
    {
        var tensor = new DeviceTensor(stream, dtype, shape);
        stream.CopyToDevice(MemoryMarshal.AsBytes(values.AsSpan()), tensor.View.Pointer);
        return tensor;
    }

    public byte[] Bytes()
    {
        var bytes = new byte[View.Bytes];
        _stream.CopyToHost(View.Pointer, bytes);
        return bytes;
    }

    public void Dispose() => _memory.Dispose();
}
