using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>Host memory of one test, freed together; every tensor starts as the bytes of a NaN.</summary>
internal sealed class HostTensors : IDisposable
{
    private readonly List<AlignedMemory> _memory = [];

    public TensorView New(DType dtype, TensorShape shape, byte fill = 0xFF)
    {
        var memory = new AlignedMemory(Math.Max(1, dtype.BytesFor(shape.Elements)));
        memory.AsSpan<byte>().Fill(fill);
        _memory.Add(memory);
        return TensorView.Contiguous(memory.Pointer, dtype, shape, DeviceId.Cpu);
    }

    public TensorView From(DType dtype, TensorShape shape, Func<int, float> value)
    {
        var tensor = New(dtype, shape);
        var values = new float[shape.Elements];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = value(i);
        }

        NumberFormats.FromSingle(values, dtype, tensor.Pointer, 0);
        return tensor;
    }

    public TensorView Bytes(DType dtype, TensorShape shape, Func<int, int> value)
    {
        var tensor = New(dtype, shape);
        var bytes = TensorBytes.Of(tensor);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)value(i);
        }

        return tensor;
    }

    public TensorView Int32(TensorShape shape, ReadOnlySpan<int> values)
    {
        var tensor = New(DType.Int32, shape);
        values.CopyTo(tensor.AsSpan<int>());
        return tensor;
    }

    public void Dispose()
    {
        foreach (var memory in _memory)
        {
            memory.Dispose();
        }
    }
}
