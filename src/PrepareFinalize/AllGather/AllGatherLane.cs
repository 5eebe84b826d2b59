namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Every rank gathers all ranks' rows, its experts take those they own, and a reduce-scatter adds the partial rows in
/// rank order and leaves each rank its own.
/// </summary>
internal sealed class AllGatherLane(DispatchContext context) : DispatchLane(context)
{
    private AllGatherScratch _scratch;
    private TensorView _results;
    private nint _returning;

    private bool ReturnsIntoOutput => ReturnType == Finalized.Output.DType;

    public override long ScratchBytes(int tokens) => AllGatherScratch.Carve(0, Context, tokens).End;

    protected override InputScratch Carve(nint scratch)
    {
        _scratch = AllGatherScratch.Carve(scratch, Context, Tokens);
        return _scratch.Input;
    }

    protected override void Pack() => Array.Fill(Sends, Tokens);

    protected override void Travel()
    {
        Gather(Rows, Context.Hidden, _scratch.Input.Arrived);
        if (!RowScales.IsNone)
        {
            Gather(RowScales, Context.Quantization.ScaleColumns, _scratch.Input.ArrivedScales);
        }

        Gather(Prepared.TopKIds, Context.TopK, _scratch.Ids);
        Gather(Prepared.TopKWeights, Context.TopK, _scratch.Weights);
    }

    protected override PreparedInputs Deliver()
    {
        var (rows, scales) = Arrived(_scratch.Input);
        var shape = new TensorShape(Arriving, Context.TopK);
        return new PreparedInputs
        {
            Activations = rows,
            Scales = scales,
            TopKIds = TensorView.Contiguous(_scratch.Ids, DType.Int32, shape, rows.Device),
            TopKWeights = TensorView.Contiguous(_scratch.Weights, DType.Float32, shape, rows.Device),
        };
    }

    protected override DType? OfferedType()
    {
        _results = Arriving == 0
            ? TensorView.None
            : StandardResults.Reduce(Finalized, Context, Arriving, _scratch.Partial, Stream);

        // Any other type is added in float32, so that the sum is rounded once, to the output's type.
        return Arriving == 0 ? null : _results.DType == Finalized.Output.DType ? _results.DType : DType.Float32;
    }

    protected override void PackReturn() =>
        _returning = StandardResults.As(ReturnType, _results, _scratch.Partial, Context);

    protected override void TravelBack() => Context.Communicator.ReduceScatter(
        _returning,
        ReturnsIntoOutput ? Finalized.Output.Pointer : _scratch.Result,
        Context.Hidden,
        ReturnType,
        Receives,
        Stream);

    protected override void Combine()
    {
        if (!ReturnsIntoOutput)
        {
            var result = TensorView.Contiguous(
                _scratch.Result, ReturnType, new TensorShape(Tokens, Context.Hidden), Finalized.Output.Device);
            StandardResults.As(Finalized.Output.DType, result, Finalized.Output.Pointer, Context);
        }
    }

    private void Gather(TensorView mine, int columns, nint target) =>
        Context.Communicator.AllGather(mine.Pointer, target, mine.DType.BytesFor(columns), Receives, Stream);
}
