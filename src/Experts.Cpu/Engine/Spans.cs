using System.Runtime.Intrinsics;
using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu;

/// <summary>Element-wise loops over float32 runs. An element's bits depend on nothing but the element.</summary>
internal static unsafe class Spans
{
    private const int Width = 8;

    /// <summary><c>p[i] = (p[i] - zero) · scale</c>.</summary>
    public static void SubtractScale(float* p, int count, float zero, float scale)
    {
        var i = 0;
        for (; i <= count - Width; i += Width)
        {
            ((Vector256.Load(p + i) - Vector256.Create(zero)) * Vector256.Create(scale)).Store(p + i);
        }

        for (; i < count; i++)
        {
            p[i] = (p[i] - zero) * scale;
        }
    }

    /// <summary><c>p[i] = (p[i] + addend[i]) · scale</c>; an absent addend counts as zeros.</summary>
    public static void AddScale(float* p, int count, float* addend, float scale)
    {
        if (addend != null)
        {
            Add(p, addend, count);
        }

        SubtractScale(p, count, 0f, scale);
    }

    /// <summary><c>p[i] += addend[i]</c>.</summary>
    public static void Add(float* p, float* addend, int count)
    {
        var i = 0;
        for (; i <= count - Width; i += Width)
        {
            (Vector256.Load(p + i) + Vector256.Load(addend + i)).Store(p + i);
        }

        for (; i < count; i++)
        {
            p[i] += addend[i];
        }
    }

    /// <summary>Rounds each element once to <paramref name="dtype"/> and keeps it as float32.</summary>
    public static void Round(float* p, int count, DType dtype)
    {
        const int Chunk = 128;
        var encoded = stackalloc ushort[Chunk];
        for (var i = 0; i < count && dtype != DType.Float32; i += Chunk)
        {
            var run = new Span<float>(p + i, Math.Min(Chunk, count - i));
            NumberFormats.FromSingle(run, dtype, (nint)encoded, 0);
            NumberFormats.ToSingle((nint)encoded, dtype, 0, run);
        }
    }
}
