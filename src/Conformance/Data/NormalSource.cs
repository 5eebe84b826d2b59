namespace FusedMoe.Conformance;

/// <summary>
/// Deterministic random numbers from a seed (SplitMix64, then Box-Muller), the same on every machine and runtime
/// version up to the last bits of log and cos.
/// </summary>
internal sealed class NormalSource(ulong seed)
{
    private ulong _state = (seed * 0x9E3779B97F4A7C15UL) + 0x1234567;
    private float? _spare;

    public static NormalSource Of(int seed, string purpose)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in purpose)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        return new NormalSource(hash + (ulong)seed);
    }

    public float[] Normals(long count, float deviation = 1f)
    {
        var values = new float[count];
        for (var i = 0L; i < count; i++)
        {
            values[i] = Normal() * deviation;
        }

        return values;
    }

    public float Normal()
    {
        if (_spare is { } spare)
        {
            _spare = null;
            return spare;
        }

        var radius = MathF.Sqrt(-2f * MathF.Log(1f - Uniform()));
        var (sin, cos) = MathF.SinCos(2f * MathF.PI * Uniform());
        _spare = radius * sin;
        return radius * cos;
    }

    /// <summary>Uniform in [0, 1).</summary>
    public float Uniform() => (Next() >> 40) * (1f / (1 << 24));

    public int Below(int bound) => (int)(Next() % (ulong)bound);

    /// <summary><paramref name="count"/> distinct numbers below <paramref name="bound"/>, in random order.</summary>
    public int[] Distinct(int count, int bound)
    {
        var all = Enumerable.Range(0, bound).ToArray();
        for (var i = 0; i < count; i++)
        {
            var j = i + Below(bound - i);
            (all[i], all[j]) = (all[j], all[i]);
        }

        return all[..count];
    }

    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
