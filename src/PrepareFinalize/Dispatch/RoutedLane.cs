using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Sends each row once to every rank that owns one of its experts, in token order, with the ids of other ranks' experts
/// replaced by -1. Where results of a token come back is in <see cref="Index"/>.
/// </summary>
internal abstract unsafe class RoutedLane(DispatchContext context) : DispatchLane(context)
{
    private readonly bool[] _chosen = new bool[context.Ranks];
    private readonly int[] _next = new int[context.Ranks];

    /// <summary>Places of this call.</summary>
    protected RoutedScratch Routed { get; private set; }

    /// <summary>Rows that this rank packed, one a destination of a token.</summary>
    protected int PackedRows { get; private set; }

    /// <summary>Token of each packed row.</summary>
    protected int* PackedTokens => (int*)Routed.PackedTokens;

    /// <summary><c>[packed rows, k]</c> ids, -1 where the expert is elsewhere.</summary>
    protected int* PackedIds => (int*)Routed.PackedIds;

    /// <summary><c>[M, fan]</c> packed rows of each token in rank order, then -1.</summary>
    protected int* Index => (int*)Routed.Index;

    /// <summary><c>[arrived rows, k]</c> ids, -1 where the expert is elsewhere.</summary>
    protected int* ArrivedIds => (int*)Routed.ArrivedIds;

    protected void Place(in RoutedScratch scratch) => Routed = scratch;

    protected override void Pack()
    {
        ChooseRanks();
        AssignRows();
        PackRows(Rows, Routed.PackedRows, Context.Hidden);
        if (!RowScales.IsNone)
        {
            PackRows(RowScales, Routed.PackedScales, Context.Quantization.ScaleColumns);
        }
    }

    protected override void Travel()
    {
        Send(Routed.PackedRows, Routed.Input.Arrived, Rows.DType, Context.Hidden);
        if (!RowScales.IsNone)
        {
            Send(Routed.PackedScales, Routed.Input.ArrivedScales, RowScales.DType, Context.Quantization.ScaleColumns);
        }

        Send(Routed.PackedIds, Routed.ArrivedIds, DType.Int32, Context.TopK);
    }

    /// <summary>Copies the rows of <paramref name="tokens"/> to where their journey starts.</summary>
    protected void PackRows(TensorView tokens, nint packed, int columns)
    {
        var copy = new RowCopy
        {
            Source = tokens.Pointer,
            SourceType = tokens.DType,
            From = PackedTokens,
            Target = packed,
            TargetType = tokens.DType,
            Columns = columns,
        };
        copy.Run(Context.Pool, PackedRows);
    }

    /// <summary>Sends what was packed row by row beside the rows.</summary>
    protected void Send(nint packed, nint arrived, DType dtype, int columns) =>
        Context.Communicator.AllToAll(packed, Sends, arrived, Receives, dtype.BytesFor(columns), Stream);

    /// <summary>Adds up the rows that came back to each token and writes the output.</summary>
    /// <param name="returned">The rows, in <see cref="DispatchLane.ReturnType"/>.</param>
    /// <param name="index"><c>[M, fan]</c> rows of each token, -1 for none.</param>
    /// <param name="weights"><c>[M, fan]</c> weights; null for 1.</param>
    /// <param name="fan">Most rows of a token.</param>
    protected void AddReturned(nint returned, int* index, float* weights, int fan)
    {
        var shape = new TensorShape(Tokens * fan, Context.Hidden);
        var body = new IndexedRowSum
        {
            Source = new TensorRows(TensorView.Contiguous(returned, ReturnType, shape, DeviceId.Cpu), "returned rows"),
            Target = new TensorRows(Finalized.Output, "output"),
            Index = index,
            Weights = weights,
            Fan = fan,
        };
        Context.Pool.ParallelFor(Tokens, ref body);
    }

    private void ChooseRanks()
    {
        Array.Clear(Sends);
        var fan = Context.FanOut;
        var ids = (int*)Prepared.TopKIds.Pointer;
        for (var t = 0; t < Tokens; t++)
        {
            Array.Clear(_chosen);
            for (var j = 0; j < Context.TopK; j++)
            {
                var owner = Context.Owners.OwnerOf(ids[((long)t * Context.TopK) + j]);
                if (owner >= 0)
                {
                    _chosen[owner] = true;
                }
            }

            var entries = Index + ((long)t * fan);
            new Span<int>(entries, fan).Fill(-1);
            for (var rank = 0; rank < _chosen.Length; rank++)
            {
                if (_chosen[rank])
                {
                    *entries++ = rank;
                    Sends[rank]++;
                }
            }
        }
    }

    private void AssignRows()
    {
        PackedRows = 0;
        for (var rank = 0; rank < _next.Length; rank++)
        {
            _next[rank] = PackedRows;
            PackedRows += Sends[rank];
        }

        var fan = Context.FanOut;
        for (var t = 0; t < Tokens; t++)
        {
            var entries = Index + ((long)t * fan);
            for (var f = 0; f < fan && entries[f] >= 0; f++)
            {
                var rank = entries[f];
                var row = _next[rank]++;
                entries[f] = row;
                PackedTokens[row] = t;
                PackIds(t, row, rank);
            }
        }
    }

    private void PackIds(int token, int row, int rank)
    {
        var ids = (int*)Prepared.TopKIds.Pointer + ((long)token * Context.TopK);
        var packed = PackedIds + ((long)row * Context.TopK);
        for (var j = 0; j < Context.TopK; j++)
        {
            packed[j] = Context.Owners.OwnerOf(ids[j]) == rank ? ids[j] : -1;
        }
    }
}
