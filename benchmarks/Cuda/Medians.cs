namespace FusedMoe.Cuda.Benchmarks;

internal static class Medians
{
    public static double Of(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
