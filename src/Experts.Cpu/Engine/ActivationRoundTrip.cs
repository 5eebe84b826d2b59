using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu;

/// <summary>
/// Quantizes the second product's input and turns it back, as <see cref="IActivationQuantizer"/> defines the numbers:
/// the products then see the values that a quantized pipeline would.
/// </summary>
internal sealed unsafe class ActivationRoundTrip(QuantKey key)
{
    /// <summary>amax is at least this.</summary>
    public const float AmaxFloor = 1e-12f;

    private const int Chunk = 128;

    private readonly float _max = key.Element switch
    {
        DType.Float8E4M3 => NumberFormats.E4M3Max,
        DType.Float4E2M1 => NumberFormats.E2M1Max,
        _ => 127f,
    };

    /// <summary>
    /// True when the scale of a row depends on other rows: it must be found before any row is rounded.
    /// </summary>
    public bool NeedsSharedAmax => !key.Scale.IsStatic && key.Scale.Group == GroupShape.PerTensor;

    /// <summary>Largest magnitude of a row; NaN is passed over.</summary>
    public static float Amax(float* row, int count)
    {
        var amax = AmaxFloor;
        for (var i = 0; i < count; i++)
        {
            var a = MathF.Abs(row[i]);
            amax = a > amax ? a : amax;
        }

        return amax;
    }

    /// <summary>Rounds one row in place.</summary>
    /// <param name="row">Float32 values.</param>
    /// <param name="count">Columns.</param>
    /// <param name="given">The static scale, or the second-level scale, where the key has one.</param>
    /// <param name="sharedAmax">amax over all rows, for <see cref="NeedsSharedAmax"/>.</param>
    public void Row(float* row, int count, float given, float sharedAmax)
    {
        var group = key.Scale.Group.Columns < 0 ? count : key.Scale.Group.Columns;
        for (var i = 0; i < count; i += group)
        {
            var size = Math.Min(group, count - i);
            var scale = key.Scale.IsStatic ? given
                : Scale(NeedsSharedAmax ? sharedAmax : Amax(row + i, size), given);
            for (var j = 0; j < size; j += Chunk)
            {
                RoundTrip(new Span<float>(row + i + j, Math.Min(Chunk, size - j)), scale);
            }
        }
    }

    private float Scale(float amax, float second)
    {
        var scale = amax / _max;
        return key.Scale.DType switch
        {
            DType.Float8E8M0 => NumberFormats.E8M0ToSingle(NumberFormats.SingleToE8M0RoundUp(scale)),
            DType.Float8E4M3 => NumberFormats.E4M3ToSingle(NumberFormats.SingleToE4M3(scale / second)) * second,
            _ => scale,
        };
    }

    private void RoundTrip(Span<float> run, float scale)
    {
        var encoded = stackalloc byte[Chunk];
        for (var i = 0; i < run.Length; i++)
        {
            run[i] /= scale;
        }

        NumberFormats.FromSingle(run, key.Element, (nint)encoded, 0);
        NumberFormats.ToSingle((nint)encoded, key.Element, 0, run);
        for (var i = 0; i < run.Length; i++)
        {
            run[i] *= scale;
        }
    }
}
