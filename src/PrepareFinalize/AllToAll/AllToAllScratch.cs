namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Places of an all-to-all lane. Lists and arrived weights live until finalize; rows before and after the experts share
/// memory.
/// </summary>
internal struct AllToAllScratch
{
    public RoutedScratch Routed;
    public nint ArrivedWeights;
    public nint Counts;
    public nint PackedWeights;
    public nint Partial;
    public nint Returned;
    public nint End;

    public static AllToAllScratch Carve(nint start, DispatchContext context, int tokens)
    {
        var arena = new ScratchArena(start);
        var (arriving, packed) = ((long)context.Capacity(tokens), (long)tokens * context.FanOut);
        var scratch = new AllToAllScratch
        {
            Routed = RoutedScratch.CarveLists(ref arena, context, tokens),
            ArrivedWeights = arena.Take(DType.Float32, arriving * context.TopK),
            Counts = arena.Take(DType.Int32, context.LocalExperts),
        };
        var mark = arena.Next;
        scratch.Routed.CarveRows(ref arena, context, tokens);
        scratch.PackedWeights = arena.Take(DType.Float32, packed * context.TopK);
        arena.Rewind(mark);
        scratch.Partial = arena.Take(DType.Float32, arriving * context.Hidden);
        scratch.Returned = arena.Take(DType.Float32, packed * context.Hidden);
        scratch.End = arena.End;
        return scratch;
    }
}
