using FusedMoe.Host.Layers;

namespace FusedMoe.Host.Tests;

public sealed class BFloat16ProductTests
{
    [TestCase(1)]
    [TestCase(16)]
    [TestCase(53)]
    public void Of_Length_IsTheSumOfProducts(int length)
    {
        var floats = Enumerable.Range(0, length).Select(i => (i % 7) - 2.5f).ToArray();
        var weights = Array.ConvertAll(floats, RandomTensors.RoundToBFloat16);
        var values = Enumerable.Range(0, length).Select(i => 1.0 / (i + 1)).ToArray();
        var expected = Enumerable.Range(0, length).Sum(i => floats[i] * values[i]);

        Assert.That(BFloat16Product.Of(weights, values), Is.EqualTo(expected).Within(1e-12));
    }
}
