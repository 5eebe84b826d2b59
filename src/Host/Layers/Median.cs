namespace FusedMoe.Host.Layers;

/// <summary>The middle of samples.</summary>
internal static class Median
{
    /// <summary>The middle one of <paramref name="ascending"/>, or the mean of the two where their number is even.</summary>
    public static double Of(IReadOnlyList<double> ascending)
    {
        var middle = ascending.Count / 2;
        return ascending.Count % 2 == 1 ? ascending[middle] : (ascending[middle - 1] + ascending[middle]) / 2;
    }
}
