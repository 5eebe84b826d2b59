using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// The gate projection as a parallel loop over tiles of tokens by experts. A tile's tokens are brought to float32
/// once per thread; each weight row is then read once for all of them.
/// </summary>
internal unsafe struct LogitsJob : IWorkerBody
{
    public required TensorRows Hidden;
    public required TensorRows Weight;
    public required TensorRows Logits;
    public required TensorView Bias;

    private const int TileTokens = 8;
    private const int TileExperts = 32;
    private const int Lanes = 16;

    // Threads of the pool live as long as the process, so what they keep here is taken once.
    [ThreadStatic]
    private static AlignedMemory? _threadScratch;

    public readonly int Units => Divide(Hidden.Rows, TileTokens) * Divide(Weight.Rows, TileExperts);

    private readonly int Padded => Divide(Hidden.Columns, Lanes) * Lanes;

    public readonly void Execute(int begin, int end, int worker)
    {
        var needed = (long)((TileTokens + 1) * Padded * sizeof(float));
        if (_threadScratch is null || _threadScratch.Bytes < needed)
        {
            _threadScratch?.Dispose();
            _threadScratch = new AlignedMemory(needed);
        }

        var scratch = _threadScratch.AsSpan<float>();
        var expertTiles = Divide(Weight.Rows, TileExperts);
        var loaded = -1;
        for (var unit = begin; unit < end; unit++)
        {
            var tokenTile = unit / expertTiles;
            if (tokenTile != loaded)
            {
                Load(tokenTile * TileTokens, scratch);
                loaded = tokenTile;
            }

            Project(tokenTile * TileTokens, unit % expertTiles * TileExperts, scratch);
        }
    }

    private static int Divide(int size, int tile) => (size + tile - 1) / tile;

    private readonly void Load(int firstToken, Span<float> scratch)
    {
        for (var t = 0; t < TileTokens; t++)
        {
            var row = scratch.Slice(t * Padded, Padded);
            row.Clear();
            if (firstToken + t < Hidden.Rows)
            {
                Hidden.Read(firstToken + t, row[..Hidden.Columns]);
            }
        }
    }

    private readonly void Project(int firstToken, int firstExpert, Span<float> scratch)
    {
        switch (Weight.DType)
        {
            case DType.BFloat16:
                Project<BFloat16Load>(firstToken, firstExpert, scratch);
                break;
            case DType.Float16:
                Project<Float16Load>(firstToken, firstExpert, scratch);
                break;
            default:
                Project<Float32Load>(firstToken, firstExpert, scratch);
                break;
        }
    }

    private readonly void Project<TLoad>(int firstToken, int firstExpert, Span<float> scratch)
        where TLoad : struct, IWideLoad
    {
        Span<float> results = stackalloc float[TileTokens];
        Span<float> bias = stackalloc float[1];
        var tokens = Math.Min(TileTokens, Hidden.Rows - firstToken);
        var lastExpert = Math.Min(firstExpert + TileExperts, Weight.Rows);
        fixed (float* rows = scratch)
        {
            for (var expert = firstExpert; expert < lastExpert; expert++)
            {
                bias.Clear();
                if (!Bias.IsNone)
                {
                    NumberFormats.ToSingle(Bias.Pointer, Bias.DType, expert, bias);
                }

                Dot<TLoad>(expert, rows, tokens, results);
                for (var t = 0; t < tokens; t++)
                {
                    results[t] += bias[0];
                    Logits.Write(firstToken + t, results.Slice(t, 1), expert);
                }
            }
        }
    }

    // One weight row against the tile's tokens. Columns beyond the last whole vector go through a zero-padded copy.
    private readonly void Dot<TLoad>(int expert, float* rows, int tokens, Span<float> results)
        where TLoad : struct, IWideLoad
    {
        var whole = Hidden.Columns / Lanes * Lanes;
        var tail = rows + (TileTokens * Padded);
        if (whole < Hidden.Columns)
        {
            new Span<float>(tail, Lanes).Clear();
            Weight.Read(expert, new Span<float>(tail, Hidden.Columns - whole), whole);
        }

        if (tokens == 1)
        {
            results[0] = DotOne<TLoad>(expert, rows, tail, whole);
            return;
        }

        for (var t = 0; t < tokens; t += TileTokens / 2)
        {
            DotFour<TLoad>(expert, rows + (t * Padded), tail, whole, results[t..]);
        }
    }

    private readonly float DotOne<TLoad>(int expert, float* row, float* tail, int whole)
        where TLoad : struct, IWideLoad
    {
        var weights = (byte*)Weight[expert];
        var sum = Vector512<float>.Zero;
        for (var k = 0; k < whole; k += Lanes)
        {
            sum = Vector512.FusedMultiplyAdd(
                Vector512.Load(row + k), TLoad.Load(weights + ((long)k * TLoad.ElementBytes)), sum);
        }

        return Finish(sum, row, tail, whole);
    }

    private readonly void DotFour<TLoad>(int expert, float* rows, float* tail, int whole, Span<float> results)
        where TLoad : struct, IWideLoad
    {
        var weights = (byte*)Weight[expert];
        var row1 = rows + Padded;
        var row2 = row1 + Padded;
        var row3 = row2 + Padded;
        var (sum0, sum1, sum2, sum3) = (
            Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        for (var k = 0; k < whole; k += Lanes)
        {
            var weight = TLoad.Load(weights + ((long)k * TLoad.ElementBytes));
            sum0 = Vector512.FusedMultiplyAdd(Vector512.Load(rows + k), weight, sum0);
            sum1 = Vector512.FusedMultiplyAdd(Vector512.Load(row1 + k), weight, sum1);
            sum2 = Vector512.FusedMultiplyAdd(Vector512.Load(row2 + k), weight, sum2);
            sum3 = Vector512.FusedMultiplyAdd(Vector512.Load(row3 + k), weight, sum3);
        }

        results[0] = Finish(sum0, rows, tail, whole);
        results[1] = Finish(sum1, row1, tail, whole);
        results[2] = Finish(sum2, row2, tail, whole);
        results[3] = Finish(sum3, row3, tail, whole);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly float Finish(Vector512<float> sum, float* row, float* tail, int whole)
    {
        if (whole < Hidden.Columns)
        {
            sum = Vector512.FusedMultiplyAdd(Vector512.Load(row + whole), Vector512.Load(tail), sum);
        }

        var eight = sum.GetLower() + sum.GetUpper();
        var four = eight.GetLower() + eight.GetUpper();
        return (four[0] + four[2]) + (four[1] + four[3]);
    }
}
