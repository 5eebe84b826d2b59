using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize.Tests.Support;

/// <summary>A tensor in native host memory with guard bytes on both sides.</summary>
internal sealed unsafe class HostTensor : IDisposable
{
    private const int Guard = 256;
    private const byte GuardByte = 0xA5;

    private readonly AlignedMemory _memory;

    /// <summary>A contiguous tensor whose bytes are all <paramref name="poison"/>.</summary>
    public HostTensor(DType dtype, TensorShape shape, byte poison = 0xFF)
    {
        var bytes = dtype.BytesFor(shape.Elements);
        _memory = new AlignedMemory(bytes + (2 * Guard));
        _memory.AsSpan<byte>().Fill(GuardByte);
        View = TensorView.Contiguous(_memory.Pointer + Guard, dtype, shape, DeviceId.Cpu);
        _memory.AsSpan<byte>().Slice(Guard, (int)bytes).Fill(poison);
    }

    public TensorView View { get; }

    public static HostTensor Of(DType dtype, float[,] values)
    {
        var tensor = new HostTensor(dtype, new TensorShape(values.GetLength(0), values.GetLength(1)));
        var flat = values.Cast<float>().ToArray();
        NumberFormats.FromSingle(flat, dtype, tensor.View.Pointer, 0);
        return tensor;
    }

    public static HostTensor Of(DType dtype, TensorShape shape, IEnumerable<float> values)
    {
        var tensor = new HostTensor(dtype, shape);
        NumberFormats.FromSingle(values.ToArray(), dtype, tensor.View.Pointer, 0);
        return tensor;
    }

    public static HostTensor Of<T>(DType dtype, TensorShape shape, params T[] values)
        where T : unmanaged
    {
        if (values is float[] floats)
        {
            return Of(dtype, shape, (IEnumerable<float>)floats);
        }

        var tensor = new HostTensor(dtype, shape);
        values.CopyTo(tensor.View.AsSpan<T>());
        return tensor;
    }

    /// <summary>Normal values, the same for the same seed.</summary>
    public static HostTensor Random(DType dtype, int rows, int columns, int seed, float scale = 1f) =>
        Of(dtype, new TensorShape(rows, columns), Normals(rows * columns, seed).Select(v => v * scale));

    public static float[] Normals(int count, int seed)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(_ => (float)(Radius() * Direction())).ToArray();

        double Radius() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));

        double Direction() => Math.Cos(2 * Math.PI * random.NextDouble());
    }

    public T[] ToArray<T>()
        where T : unmanaged => View.AsSpan<T>().ToArray();

    public float[] ToFloats()
    {
        var values = new float[View.Elements];
        NumberFormats.ToSingle(View.Pointer, View.DType, 0, values);
        return values;
    }

    public void Dispose()
    {
        var bytes = _memory.AsSpan<byte>();
        var intact = bytes[..Guard].IndexOfAnyExcept(GuardByte) < 0 && bytes[^Guard..].IndexOfAnyExcept(GuardByte) < 0;
        _memory.Dispose();
        if (!intact)
        {
            throw new InvalidOperationException($"Bytes outside {View} were written.");
        }
    }
}
