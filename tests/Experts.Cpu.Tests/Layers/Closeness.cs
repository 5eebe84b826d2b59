namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>How far two outputs are apart.</summary>
internal static class Closeness
{
    /// <summary>Frobenius norm of the difference over the norm of the expected; NaN when any element is.</summary>
    public static double RelativeError(float[] actual, float[] expected)
    {
        double difference = 0, norm = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow((double)actual[i] - expected[i], 2);
            norm += Math.Pow(expected[i], 2);
        }

        return norm == 0 ? Math.Sqrt(difference) : Math.Sqrt(difference / norm);
    }

    /// <summary>
    /// One rounding of the output and now and then a middle value that rounds the other way: half a unit in the last
    /// place of the activation type, or of the element that activations are quantized to.
    /// </summary>
    public static double Tolerance(LayerCase c) => c.Features.Quant.Activation?.Element switch
    {
        DType.Float4E2M1 => 0.02,
        DType.Float8E4M3 or DType.Int8 => 0.005,
        _ => c.Features.ActivationDType switch { DType.BFloat16 => 0.003, DType.Float16 => 0.0005, _ => 2e-6 },
    };
}
