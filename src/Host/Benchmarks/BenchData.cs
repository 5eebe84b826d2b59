using FusedMoe.Host.Layers;

namespace FusedMoe.Host.Benchmarks;

/// <summary>The random data of all measurements of one command: the same from run to run, and drawn once.</summary>
internal sealed class BenchData
{
    private const long HiddenStride = 104_729;
    private const int FirstSeed = 23;
    private const int SeedStep = 100_000;
    private const int MostDraws = 100;
    private readonly RandomBlock _hidden = new(seed: 31, scale: 1f);

    /// <summary>Expert weights.</summary>
    public SyntheticWeights Weights { get; } = new(seed: 17);

    /// <summary>Fills the hidden states of a call with N(0, 1); every count of tokens has others.</summary>
    public void FillHidden(IDeviceMemory memory, int tokens, IComputeStream stream) =>
        _hidden.Fill(memory, tokens * HiddenStride, stream);

    /// <summary>Row <paramref name="row"/> of the hidden states of a call.</summary>
    public double[] HiddenRow(int tokens, int row, int width)
    {
        var bits = _hidden.Slice((tokens * HiddenStride) + ((long)row * width), width);
        var values = new double[width];
        for (var i = 0; i < width; i++)
        {
            values[i] = BFloat16Product.ToDouble(bits[i]);
        }

        return values;
    }

    /// <summary>
    /// Which experts the tokens of a call choose: the first draw that gives the rank something to do.
    /// benchmarks/peers/layers.py takes the same one.
    /// </summary>
    public static TokenRouting Routing(NamedShape shape, int tokens, RoutingDistribution distribution)
    {
        TokenRouting routing;
        var attempt = 0;
        do
        {
            routing = TokenRouting.Draw(shape.Layer, tokens, distribution, FirstSeed + tokens + (SeedStep * attempt++));
        }
        while (attempt < MostDraws && routing.LocalLoad(shape.LocalExperts).Pairs == 0);

        return routing;
    }
}
