namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Places of an all-gather lane. Gathered ids and weights live until finalize; rows before and after the experts share
/// memory.
/// </summary>
internal struct AllGatherScratch
{
    public InputScratch Input;
    public nint Ids;
    public nint Weights;
    public nint Partial;
    public nint Result;
    public nint End;

    public static AllGatherScratch Carve(nint start, DispatchContext context, int tokens)
    {
        var arena = new ScratchArena(start);
        var rows = context.Capacity(tokens);
        var scratch = new AllGatherScratch
        {
            Ids = arena.Take(DType.Int32, (long)rows * context.TopK),
            Weights = arena.Take(DType.Float32, (long)rows * context.TopK),
        };
        var mark = arena.Next;
        scratch.Input = InputScratch.Carve(ref arena, context, tokens, rows);
        arena.Rewind(mark);
        scratch.Partial = arena.Take(DType.Float32, (long)rows * context.Hidden);
        scratch.Result = arena.Take(DType.Float32, (long)tokens * context.Hidden);
        scratch.End = arena.End;
        return scratch;
    }
}
