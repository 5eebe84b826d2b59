using System.Runtime.InteropServices;

namespace FusedMoe.Host.Layers;

/// <summary>
/// Random bf16 tensors of any size in little time: one block of normal numbers, laid end to end on the device. Its length
/// is a prime, so that no two rows of a tensor are alike, and every element can be computed again on the host.
/// </summary>
internal sealed class RandomBlock
{
    private const int Length = 8_388_593;

    // The start of the block again, so that a row that crosses the end is one span.
    private const int Overlap = 1 << 16;
    private readonly ushort[] _values = new ushort[Length + Overlap];

    /// <summary>Numbers of N(0, scale²).</summary>
    public RandomBlock(int seed, float scale)
    {
        new RandomTensors(seed).FillBFloat16(_values, scale);
        _values.AsSpan(0, Overlap).CopyTo(_values.AsSpan(Length));
    }

    /// <summary>
    /// The bits of <paramref name="length"/> elements (at most 65536) of the tensor whose first one is
    /// <paramref name="start"/>.
    /// </summary>
    public ReadOnlySpan<ushort> Slice(long start, int length) => length <= Overlap
        ? _values.AsSpan((int)(start % Length), length)
        : throw new ArgumentOutOfRangeException(nameof(length), length, $"A slice must have at most {Overlap} elements.");

    /// <summary>Fills device memory with the numbers from <paramref name="start"/> on, ordered on the stream.</summary>
    public void Fill(IDeviceMemory memory, long start, IComputeStream stream)
    {
        var elements = memory.Bytes / sizeof(ushort);
        var offset = (int)(start % Length);
        var head = (int)Math.Min(Length - offset, elements);
        Upload(_values.AsSpan(offset, head), memory.Pointer, stream);
        var wrapped = (int)Math.Min(offset, elements - head);
        Upload(_values.AsSpan(0, wrapped), memory.Pointer + (head * sizeof(ushort)), stream);
        for (long done = head + wrapped; done < elements;)
        {
            var length = Math.Min(done / Length * Length, elements - done);
            stream.Copy(memory.Pointer, memory.Pointer + (nint)(done * sizeof(ushort)), length * sizeof(ushort));
            done += length;
        }
    }

    private static void Upload(ReadOnlySpan<ushort> values, nint target, IComputeStream stream)
    {
        if (!values.IsEmpty)
        {
            stream.CopyToDevice(MemoryMarshal.AsBytes(values), target);
        }
    }
}
