namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Fixed capacity: each local expert gets a block of T·D rows, filled from its start in order of source rank and token.
/// An expert's row goes back to the source as it is; the source weights and adds a token's rows in slot order in
/// float32 and rounds once, so the result has the same bits for any number of ranks. A slot that repeats an id of its
/// token shares the row.
/// </summary>
internal sealed unsafe class BatchedLane(DispatchContext context) : RoutedLane(context)
{
    private readonly int[] _returns = new int[context.Ranks];
    private readonly int[] _returned = new int[context.Ranks];
    private BatchedScratch _scratch;
    private int _pairs;

    private int BlockCapacity => Context.MaxTokens * Context.Ranks;

    private int* BlockRows => (int*)_scratch.BlockRows;

    public override long ScratchBytes(int tokens) => BatchedScratch.Carve(0, Context, tokens).End;

    protected override InputScratch Carve(nint scratch)
    {
        _scratch = BatchedScratch.Carve(scratch, Context, Tokens);
        Place(_scratch.Routed);
        return _scratch.Routed.Input;
    }

    protected override PreparedInputs Deliver()
    {
        var (rows, scales) = Arrived(_scratch.Routed.Input);
        PlaceRows();
        var blocks = Expand(rows, _scratch.Blocks, Context.Hidden);
        var spread = !scales.IsNone && Context.Quantization.IsRowWise;
        var experts = new TensorShape(Context.LocalExperts);
        var counts = TensorView.Contiguous(_scratch.Counts, DType.Int32, experts, rows.Device);
        return new PreparedInputs
        {
            Activations = blocks,
            Scales = spread ? Expand(scales, _scratch.BlockScales, Context.Quantization.ScaleColumns) : scales,
            ExpertTokens = new ExpertTokens(counts, counts),
        };
    }

    protected override DType? OfferedType()
    {
        if (Finalized.WeightAndReduce.Kind is not (WeightAndReduceKind.Delegate or WeightAndReduceKind.Batched))
        {
            throw new ArgumentException(
                $"What batched experts leave must be Delegate or Batched, got {Finalized.WeightAndReduce.Kind}.");
        }

        LaneRules.Results(Finalized.ExpertOutput, new TensorShape(Context.LocalExperts, BlockCapacity, Context.Hidden));
        LaneRules.Tensor("top-k weights", Finalized.TopKWeights, DType.Float32, Prepared.TopKWeights.Shape);
        return Finalized.ExpertOutput.DType;
    }

    protected override void PackReturn()
    {
        var copy = new RowCopy
        {
            Source = Finalized.ExpertOutput.Pointer,
            SourceType = Finalized.ExpertOutput.DType,
            From = BlockRows,
            Target = _scratch.Outgoing,
            TargetType = ReturnType,
            Columns = Context.Hidden,
        };
        copy.Run(Context.Pool, _pairs);
        FindReturns();
    }

    protected override void TravelBack() => Context.Communicator.AllToAll(
        _scratch.Outgoing, _returns, _scratch.Returned, _returned, ReturnType.BytesFor(Context.Hidden), Stream);

    protected override void Combine() => AddReturned(
        _scratch.Returned,
        (int*)_scratch.SlotIndex,
        Finalized.RouterWeightOnInput ? null : (float*)Finalized.TopKWeights.Pointer,
        Context.TopK);

    private static int FirstSlot(int* ids, int slot) => new ReadOnlySpan<int>(ids, slot + 1).IndexOf(ids[slot]);

    private TensorView Expand(TensorView rows, nint blocks, int columns)
    {
        var copy = new RowCopy
        {
            Source = rows.Pointer,
            SourceType = rows.DType,
            From = (int*)_scratch.SourceRows,
            Target = blocks,
            TargetType = rows.DType,
            To = BlockRows,
            Columns = columns,
        };
        copy.Run(Context.Pool, _pairs);
        var shape = new TensorShape(Context.LocalExperts, BlockCapacity, columns);
        return TensorView.Contiguous(blocks, rows.DType, shape, rows.Device);
    }

    // One entry a row and distinct expert of it, in order of arrived row and slot: the order in which results go back.
    private void PlaceRows()
    {
        var counts = new Span<int>((int*)_scratch.Counts, Context.LocalExperts);
        var sources = (int*)_scratch.SourceRows;
        counts.Clear();
        _pairs = 0;
        var row = 0;
        for (var rank = 0; rank < Receives.Length; rank++)
        {
            var first = _pairs;
            for (var end = row + Receives[rank]; row < end; row++)
            {
                var ids = ArrivedIds + ((long)row * Context.TopK);
                for (var j = 0; j < Context.TopK; j++)
                {
                    if (ids[j] < 0 || FirstSlot(ids, j) != j)
                    {
                        continue;
                    }

                    var expert = Context.Owners.SlotOf(ids[j]);
                    sources[_pairs] = row;
                    BlockRows[_pairs++] = (expert * BlockCapacity) + counts[expert]++;
                }
            }

            _returns[rank] = _pairs - first;
        }
    }

    // The same walk over what this rank sent tells which returned row belongs to which slot.
    private void FindReturns()
    {
        var index = (int*)_scratch.SlotIndex;
        new Span<int>(index, Tokens * Context.TopK).Fill(-1);
        var (row, returned) = (0, 0);
        for (var rank = 0; rank < Sends.Length; rank++)
        {
            var first = returned;
            for (var end = row + Sends[rank]; row < end; row++)
            {
                var ids = PackedIds + ((long)row * Context.TopK);
                var slots = index + ((long)PackedTokens[row] * Context.TopK);
                for (var j = 0; j < Context.TopK; j++)
                {
                    if (ids[j] >= 0)
                    {
                        var firstSlot = FirstSlot(ids, j);
                        slots[j] = firstSlot == j ? returned++ : slots[firstSlot];
                    }
                }
            }

            _returned[rank] = returned - first;
        }
    }
}
