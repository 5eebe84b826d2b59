namespace FusedMoe.Host.Layers;

/// <summary>Normal random numbers, the same for the same seed on every machine.</summary>
internal sealed class RandomTensors(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>Fills <paramref name="destination"/> with bf16 bit patterns of N(0, scale²).</summary>
    public void FillBFloat16(Span<ushort> destination, float scale)
    {
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = RoundToBFloat16(Next() * scale);
        }
    }

    /// <summary>Fills <paramref name="destination"/> with N(0, scale²).</summary>
    public void Fill(Span<float> destination, float scale)
    {
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = Next() * scale;
        }
    }

    /// <summary>The bf16 bits nearest to <paramref name="value"/>, ties to even.</summary>
    public static ushort RoundToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>One number of N(0, 1), by Box and Muller's method (1958).</summary>
    private float Next()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
        return (float)(radius * Math.Cos(2 * Math.PI * _random.NextDouble()));
    }
}
