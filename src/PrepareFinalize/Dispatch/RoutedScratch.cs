namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Places of a lane that sends each row to the ranks of its experts. Lists live until finalize; packed rows die when
/// they have travelled.
/// </summary>
internal struct RoutedScratch
{
    public InputScratch Input;
    public nint PackedTokens;
    public nint PackedIds;
    public nint Index;
    public nint ArrivedIds;
    public nint PackedRows;
    public nint PackedScales;

    /// <summary>Lists that live until finalize.</summary>
    public static RoutedScratch CarveLists(ref ScratchArena arena, DispatchContext context, int tokens)
    {
        var packed = (long)tokens * context.FanOut;
        return new RoutedScratch
        {
            PackedTokens = arena.Take(DType.Int32, packed),
            PackedIds = arena.Take(DType.Int32, packed * context.TopK),
            Index = arena.Take(DType.Int32, packed),
            ArrivedIds = arena.Take(DType.Int32, (long)context.Capacity(tokens) * context.TopK),
        };
    }

    /// <summary>Rows before the experts.</summary>
    public void CarveRows(ref ScratchArena arena, DispatchContext context, int tokens)
    {
        var packed = (long)tokens * context.FanOut;
        Input = InputScratch.Carve(ref arena, context, tokens, context.Capacity(tokens));
        PackedRows = arena.Take(context.ActivationDType, packed * context.Hidden);
        if (context.Quantization is { Key: { } key, ScaleColumns: > 0 and var columns })
        {
            PackedScales = arena.Take(key.Scale.DType, packed * columns);
        }
    }
}
