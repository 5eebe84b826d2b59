using FusedMoe.Cuda;
using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>A tensor on the GPU under test, every byte 0xFF until it is written.</summary>
internal sealed class GpuTensor : IDisposable
{
    private readonly CudaStream _stream;
    private readonly IDeviceMemory _memory;

    public GpuTensor(CudaStream stream, DType dtype, TensorShape shape)
    {
        _stream = stream;
        _memory = stream.Device.Allocate(Math.Max(dtype.BytesFor(shape.Elements), 1), "test tensor");
        View = TensorView.Contiguous(_memory.Pointer, dtype, shape, _memory.Device);
        stream.Fill(_memory.Pointer, 0xFF, _memory.Bytes);
    }

    public unsafe GpuTensor(CudaStream stream, TensorView host)
        : this(stream, host.DType, host.Shape) =>
        stream.CopyToDevice(new ReadOnlySpan<byte>((void*)host.Pointer, (int)host.Bytes), View.Pointer);

    public TensorView View { get; }

    public byte[] Bytes()
    {
        var bytes = new byte[View.Bytes];
        _stream.CopyToHost(View.Pointer, bytes);
        return bytes;
    }

    public T[] Read<T>()
        where T : unmanaged => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(Bytes()).ToArray();

    public float[] Floats()
    {
        using var host = HostTensor.Of(DType.UInt8, new TensorShape(View.Bytes), Bytes());
        var values = new float[View.Elements];
        FusedMoe.Cpu.NumberFormats.ToSingle(host.View.Pointer, View.DType, 0, values);
        return values;
    }

    public void Dispose() => _memory.Dispose();
}
