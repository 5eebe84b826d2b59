using System.Runtime.InteropServices;

namespace FusedMoe.Conformance;

/// <summary>A dense tensor in managed memory, as the bytes a device gets.</summary>
internal sealed record HostTensor(DType DType, TensorShape Shape, byte[] Bytes)
{
    public long Elements => Shape.Elements;

    public static HostTensor FromFloats(DType dtype, TensorShape shape, ReadOnlySpan<float> values)
    {
        var bytes = new byte[dtype.BytesFor(shape.Elements)];
        NumberCodec.Encode(dtype, values, bytes);
        return new HostTensor(dtype, shape, bytes);
    }

    public static HostTensor FromInts(TensorShape shape, ReadOnlySpan<int> values) =>
        FromInts(DType.Int32, shape, values);

    public static HostTensor FromInts(DType dtype, TensorShape shape, ReadOnlySpan<int> values)
    {
        var longs = dtype == DType.Int64 ? values.ToArray().Select(v => (long)v).ToArray() : null;
        var bytes = longs is null ? MemoryMarshal.AsBytes(values) : MemoryMarshal.AsBytes<long>(longs);
        return new(dtype, shape, bytes.ToArray());
    }

    public float[] ToFloats()
    {
        var values = new float[Elements];
        NumberCodec.Decode(DType, Bytes, 0, values);
        return values;
    }

    public int[] ToInts() => DType == DType.Int64
        ? [.. MemoryMarshal.Cast<byte, long>(Bytes).ToArray().Select(v => (int)v)]
        : MemoryMarshal.Cast<byte, int>(Bytes).ToArray();

    /// <summary>
    /// Elements <paramref name="start"/> to <paramref name="start"/> + <paramref name="length"/> of the first
    /// dimension.
    /// </summary>
    public HostTensor Rows(long start, long length)
    {
        var rowBytes = Shape[0] == 0 ? 0 : Bytes.Length / (int)Shape[0];
        return new HostTensor(
            DType, Shape.With(0, length), Bytes.AsSpan((int)(start * rowBytes), (int)(length * rowBytes)).ToArray());
    }

    /// <summary>The rows at <paramref name="indices"/> of the first dimension, in that order.</summary>
    public HostTensor Gather(IReadOnlyList<int> indices)
    {
        var rowBytes = Shape[0] == 0 ? 0 : Bytes.Length / (int)Shape[0];
        var bytes = new byte[rowBytes * indices.Count];
        for (var i = 0; i < indices.Count; i++)
        {
            Bytes.AsSpan(indices[i] * rowBytes, rowBytes).CopyTo(bytes.AsSpan(i * rowBytes));
        }

        return new HostTensor(DType, Shape.With(0, indices.Count), bytes);
    }
}
