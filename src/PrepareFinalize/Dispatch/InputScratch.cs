namespace FusedMoe.PrepareFinalize;

/// <summary>
/// The part of a lane's scratch that holds rows before the experts: this rank's own and those that arrive.
/// </summary>
internal struct InputScratch
{
    public nint Weighted;
    public nint Quantized;
    public nint QuantizedScales;
    public nint Arrived;
    public nint ArrivedScales;
    public nint ArrivedQuantized;
    public nint ArrivedQuantizedScales;

    /// <summary>
    /// Pieces for <paramref name="tokens"/> own rows and up to <paramref name="arriving"/> that arrive.
    /// </summary>
    public static InputScratch Carve(ref ScratchArena arena, DispatchContext context, int tokens, int arriving)
    {
        var quantization = context.Quantization;
        long hidden = context.Hidden;
        var scratch = default(InputScratch);
        if (context.RouterWeightOnInput)
        {
            scratch.Weighted = arena.Take(context.ActivationDType, tokens * hidden);
        }

        // Quantized rows are never wider than the activation type, so one piece holds either.
        scratch.Arrived = arena.Take(context.ActivationDType, arriving * hidden);
        if (quantization.Key is not { } key)
        {
            return scratch;
        }

        if (quantization.IsRowWise)
        {
            scratch.Quantized = arena.Take(key.Element, tokens * hidden);
            scratch.QuantizedScales = arena.Take(key.Scale.DType, (long)tokens * quantization.ScaleColumns);
            scratch.ArrivedScales = arena.Take(key.Scale.DType, (long)arriving * quantization.ScaleColumns);
        }
        else
        {
            scratch.ArrivedQuantized = arena.Take(key.Element, arriving * hidden);
            scratch.ArrivedQuantizedScales = arena.Take(key.Scale.DType, quantization.ScaleShape(arriving).Elements);
        }

        return scratch;
    }
}
