namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Places of a batched lane. Lists live until finalize; the experts' blocks and the rows that come back share memory
/// with nothing that is still read.
/// </summary>
internal struct BatchedScratch
{
    public RoutedScratch Routed;
    public nint Counts;
    public nint BlockRows;
    public nint SlotIndex;
    public nint Blocks;
    public nint BlockScales;
    public nint SourceRows;
    public nint Outgoing;
    public nint Returned;
    public nint End;

    public static BatchedScratch Carve(nint start, DispatchContext context, int tokens)
    {
        var arena = new ScratchArena(start);
        var pairs = (long)context.Capacity(tokens) * Math.Min(context.TopK, context.LocalExperts);
        var scratch = new BatchedScratch
        {
            Routed = RoutedScratch.CarveLists(ref arena, context, tokens),
            Counts = arena.Take(DType.Int32, context.LocalExperts),
            BlockRows = arena.Take(DType.Int32, pairs),
            SlotIndex = arena.Take(DType.Int32, (long)tokens * context.TopK),
        };
        var mark = arena.Next;
        var blockRows = (long)context.LocalExperts * context.Ranks * context.MaxTokens;
        scratch.Blocks = arena.Take(context.ActivationDType, blockRows * context.Hidden);
        if (context.Quantization is { Key: { } key, ScaleColumns: > 0 and var columns })
        {
            scratch.BlockScales = arena.Take(key.Scale.DType, blockRows * columns);
        }

        scratch.SourceRows = arena.Take(DType.Int32, pairs);
        scratch.Routed.CarveRows(ref arena, context, tokens);
        arena.Rewind(mark);
        scratch.Outgoing = arena.Take(DType.Float32, pairs * context.Hidden);
        scratch.Returned = arena.Take(DType.Float32, (long)tokens * context.TopK * context.Hidden);
        scratch.End = arena.End;
        return scratch;
    }
}
