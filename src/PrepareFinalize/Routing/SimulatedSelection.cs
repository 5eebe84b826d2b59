namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Ids and weights drawn at random, for benchmarks. Draws are a hash of seed, token and draw number (integer
/// operations only), so a token's ids depend on nothing else. A standard normal is the sum of 12 uniforms minus 6.
/// </summary>
internal sealed class SimulatedSelection
{
    private readonly SimulatedRouting _kind;
    private readonly uint _seed;
    private readonly int _experts;
    private readonly uint[] _zipf;

    public SimulatedSelection(RoutingSpec routing, int experts)
    {
        (_kind, _seed, _experts) = (routing.Simulation, (uint)routing.SimulationSeed, experts);
        _zipf = _kind == SimulatedRouting.Zipf ? Cumulate(experts) : [];
    }

    public void Select(int token, in RouterRow row)
    {
        switch (_kind)
        {
            case SimulatedRouting.Uniform:
                SelectUniform(token, row);
                break;
            case SimulatedRouting.Normal:
                SelectNormal(token, row);
                break;
            case SimulatedRouting.Zipf:
                SelectZipf(token, row);
                break;
            default:
                for (var j = 0; j < row.Ids.Length; j++)
                {
                    row.Ids[j] = j;
                }

                row.Weights.Fill(1f / row.Weights.Length);
                break;
        }
    }

    /// <summary>A hash with the finalizer of 32-bit Murmur3 applied to each part.</summary>
    internal static uint Draw(uint seed, uint token, uint draw)
    {
        var h = Mix(seed + 0x9E37_79B9);
        h = Mix(h ^ (token + 0x85EB_CA6B));
        return Mix(h ^ (draw + 0xC2B2_AE35));
    }

    private static uint Mix(uint h)
    {
        h ^= h >> 16;
        h *= 0x85EB_CA6B;
        h ^= h >> 13;
        h *= 0xC2B2_AE35;
        return h ^ (h >> 16);
    }

    // Entry e is the upper end of expert e's share of 2^32, shares being proportional to 1 / (e + 1).
    internal static uint[] Cumulate(int experts)
    {
        var total = 0.0;
        for (var e = 1; e <= experts; e++)
        {
            total += 1.0 / e;
        }

        var ends = new uint[experts];
        var sum = 0.0;
        for (var e = 0; e < experts; e++)
        {
            sum += 1.0 / (e + 1);
            ends[e] = (uint)Math.Min(uint.MaxValue, sum / total * 4294967296.0);
        }

        ends[^1] = uint.MaxValue;
        return ends;
    }

    private void SelectUniform(int token, in RouterRow row)
    {
        for (var j = 0; j < row.Ids.Length; j++)
        {
            row.Ids[j] = (int)(((ulong)Draw(_seed, (uint)token, (uint)j) * (uint)_experts) >> 32);
        }

        row.Weights.Fill(1f);
    }

    private void SelectNormal(int token, in RouterRow row)
    {
        var sum = 0f;
        for (var j = 0; j < row.Ids.Length; j++)
        {
            var position = RouterMath.Sigmoid(Normal(token, (uint)(24 * j))) * _experts;
            row.Ids[j] = Math.Min((int)position, _experts - 1);
            row.Weights[j] = MathF.Abs(Normal(token, (uint)((24 * j) + 12)));
            sum += row.Weights[j];
        }

        foreach (ref var weight in row.Weights)
        {
            weight = sum > 0f ? weight / sum : 1f / row.Weights.Length;
        }
    }

    private float Normal(int token, uint firstDraw)
    {
        var sum = -6f;
        for (var i = 0u; i < 12; i++)
        {
            sum += (Draw(_seed, (uint)token, firstDraw + i) >> 8) * (1f / 16777216f);
        }

        return sum;
    }

    private void SelectZipf(int token, in RouterRow row)
    {
        var draw = 0u;
        for (var j = 0; j < row.Ids.Length; j++)
        {
            int id;
            do
            {
                id = Find(Draw(_seed, (uint)token, draw++));

                // Almost all experts taken: the rare ones may not come up for long, so take the first that is free.
                for (var e = 0; draw > 64u * (uint)_experts && row.Ids[..j].Contains(id); e++)
                {
                    id = e;
                }
            }
            while (row.Ids[..j].Contains(id));
            row.Ids[j] = id;
        }

        row.Weights.Fill(1f / row.Weights.Length);
    }

    private int Find(uint value)
    {
        var index = Array.BinarySearch(_zipf, value);
        return Math.Min(index < 0 ? ~index : index, _experts - 1);
    }
}
