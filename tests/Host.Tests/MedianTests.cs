using FusedMoe.Host.Layers;

namespace FusedMoe.Host.Tests;

public sealed class MedianTests
{
    [TestCase(new[] { 3.0 }, 3)]
    [TestCase(new[] { 1.0, 2, 9 }, 2)]
    [TestCase(new[] { 1.0, 2, 4, 9 }, 3)]
    public void Of_OddAndEvenCounts_IsTheMiddle(double[] ascending, double median) =>
        Assert.That(Median.Of(ascending), Is.EqualTo(median));
}
