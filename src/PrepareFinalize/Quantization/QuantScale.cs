using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// From the largest magnitude of a group to its stored scale and the divisor of its elements, in float32:
/// s = max(amax, 1e-12) / max of the element type. A float32 scale is s; an e8m0 scale is s rounded up to a power of
/// two; an e4m3 scale below a second-level scale g is s / g rounded to nearest even, and the divisor is that times g.
/// The divisor is what dequantization multiplies by.
/// </summary>
internal readonly struct QuantScale(QuantKey key)
{
    private const float SmallestAmax = 1e-12f;

    private readonly float _max = MaxOf(key.Element);
    private readonly DType _dtype = key.Scale.DType;

    /// <summary>Largest magnitude of an element type.</summary>
    public static float MaxOf(DType element) => element switch
    {
        DType.Float8E4M3 => NumberFormats.E4M3Max,
        DType.Float8E5M2 => NumberFormats.E5M2Max,
        DType.Float4E2M1 => NumberFormats.E2M1Max,
        _ => 127f,
    };

    /// <summary>Stores the scale of a group and gives its divisor.</summary>
    /// <param name="amax">Largest magnitude.</param>
    /// <param name="secondScale">g; ignored without a second level.</param>
    /// <param name="scales">Scales.</param>
    /// <param name="row">Row of the scale.</param>
    /// <param name="column">Column of the scale.</param>
    public float Store(float amax, float secondScale, TensorRows scales, int row, int column)
    {
        var scale = (amax < SmallestAmax ? SmallestAmax : amax) / _max;
        switch (_dtype)
        {
            case DType.Float8E8M0:
                var power = NumberFormats.SingleToE8M0RoundUp(scale);
                scales.Row<byte>(row)[column] = power;
                return NumberFormats.E8M0ToSingle(power);
            case DType.Float8E4M3:
                var code = NumberFormats.SingleToE4M3(scale / secondScale);
                scales.Row<byte>(row)[column] = code;
                return NumberFormats.E4M3ToSingle(code) * secondScale;
            default:
                scales.Row<float>(row)[column] = scale;
                return scale;
        }
    }
}
