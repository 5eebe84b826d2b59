namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Contiguous all-to-all: the experts see the rows that arrived, in order of source rank and token. Each rank weights
/// and sums what its experts made of a row and sends one row back; the source adds those in rank order in float32 and
/// rounds once.
/// </summary>
internal sealed unsafe class AllToAllLane(DispatchContext context) : RoutedLane(context)
{
    private AllToAllScratch _scratch;
    private TensorView _results;
    private nint _returning;

    public override long ScratchBytes(int tokens) => AllToAllScratch.Carve(0, Context, tokens).End;

    protected override InputScratch Carve(nint scratch)
    {
        _scratch = AllToAllScratch.Carve(scratch, Context, Tokens);
        Place(_scratch.Routed);
        return _scratch.Routed.Input;
    }

    protected override void Pack()
    {
        base.Pack();
        PackRows(Prepared.TopKWeights, _scratch.PackedWeights, Context.TopK);
    }

    protected override void Travel()
    {
        base.Travel();
        Send(_scratch.PackedWeights, _scratch.ArrivedWeights, DType.Float32, Context.TopK);
    }

    protected override PreparedInputs Deliver()
    {
        var (rows, scales) = Arrived(_scratch.Routed.Input);
        var shape = new TensorShape(Arriving, Context.TopK);
        return new PreparedInputs
        {
            Activations = rows,
            Scales = scales,
            ExpertTokens = CountTokens(rows.Device),
            TopKIds = TensorView.Contiguous(_scratch.Routed.ArrivedIds, DType.Int32, shape, rows.Device),
            TopKWeights = TensorView.Contiguous(_scratch.ArrivedWeights, DType.Float32, shape, rows.Device),
        };
    }

    protected override DType? OfferedType()
    {
        _results = Arriving == 0
            ? TensorView.None
            : StandardResults.Reduce(Finalized, Context, Arriving, _scratch.Partial, Stream);
        return Arriving == 0 ? null : _results.DType;
    }

    protected override void PackReturn() =>
        _returning = StandardResults.As(ReturnType, _results, _scratch.Partial, Context);

    protected override void TravelBack() => Context.Communicator.AllToAll(
        _returning, Receives, _scratch.Returned, Sends, ReturnType.BytesFor(Context.Hidden), Stream);

    protected override void Combine() =>
        AddReturned(_scratch.Returned, Index, weights: null, Context.FanOut);

    private ExpertTokens CountTokens(DeviceId device)
    {
        var counts = new Span<int>((int*)_scratch.Counts, Context.LocalExperts);
        counts.Clear();
        for (long i = 0; i < (long)Arriving * Context.TopK; i++)
        {
            if (ArrivedIds[i] >= 0)
            {
                counts[Context.Owners.SlotOf(ArrivedIds[i])]++;
            }
        }

        var view = TensorView.Contiguous(_scratch.Counts, DType.Int32, new TensorShape(Context.LocalExperts), device);
        return new ExpertTokens(view, view);
    }
}
