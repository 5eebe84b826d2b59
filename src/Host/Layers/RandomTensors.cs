namespace FusedMoe.Host.Layers;

/// <summary>Normal random numbers, the same for the same seed however many threads fill them.</summary>
internal sealed class RandomTensors(int seed)
{
    private const int ChunkLength = 1 << 16;

    /// <summary>Fills <paramref name="destination"/> with bf16 bit patterns of N(0, scale²).</summary>
    public void FillBFloat16(ushort[] destination, float scale) =>
        ForEachPair(destination.Length, (i, value) => destination[i] = RoundToBFloat16(value * scale));

    /// <summary>Fills <paramref name="destination"/> with N(0, scale²).</summary>
    public void Fill(float[] destination, float scale) =>
        ForEachPair(destination.Length, (i, value) => destination[i] = value * scale);

    /// <summary>The bf16 bits nearest to <paramref name="value"/>, ties to even.</summary>
    public static ushort RoundToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>Two numbers of N(0, 1) from two uniform ones, by Box and Muller's method (1958).</summary>
    private void ForEachPair(int length, Action<int, float> set)
    {
        Parallel.For(0, (length + ChunkLength - 1) / ChunkLength, chunk =>
        {
            var end = Math.Min(length, (chunk + 1) * ChunkLength);
            for (var i = chunk * ChunkLength; i < end; i += 2)
            {
                var radius = Math.Sqrt(-2 * Math.Log(1 - CounterRandom.Uniform(seed, i)));
                var (sine, cosine) = Math.SinCos(2 * Math.PI * CounterRandom.Uniform(seed, i + 1));
                set(i, (float)(radius * cosine));
                if (i + 1 < end)
                {
                    set(i + 1, (float)(radius * sine));
                }
            }
        });
    }
}
