namespace FusedMoe.Host.Layers;

/// <summary>
/// Random numbers by place instead of by turn: the number at a counter is its hash, so that threads fill any part of a
/// tensor in any order and the result is the same. benchmarks/peers/routing.py computes the same numbers.
/// </summary>
internal static class CounterRandom
{
    private const ulong SeedStep = 0x9E3779B97F4A7C15;
    private const ulong CounterStep = 0xD1342543DE82EF95;

    /// <summary>
    /// A number in [0, 1) of 53 bits; the hash ends in the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
    /// </summary>
    public static double Uniform(int seed, long counter)
    {
        var z = unchecked(((ulong)counter * CounterStep) + ((ulong)seed * SeedStep));
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
