namespace FusedMoe.Cuda.Benchmarks;

internal static class Medians
{
    public static double Of(double[] values)
    {
        Array.Sort(values);
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
