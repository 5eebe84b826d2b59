namespace FusedMoe.PrepareFinalize;

/// <summary>
/// What every GPU prepare does to rows before they travel: router weight on input, then quantization.
/// </summary>
internal sealed class CudaPrepareStep(
    MoeLayerSpec layer, CudaActivationQuantizer quantizer, CudaElementwise elementwise)
{
    /// <summary>Bytes of scratch for <paramref name="tokens"/> tokens.</summary>
    public long ScratchBytes(int tokens) => Buffers(layer.Quant.Activation, tokens).Bytes;

    /// <summary>Multiplies rows by their router weight; the result lies in the scratch.</summary>
    public TensorView ApplyWeight(in PrepareCall call, IComputeStream stream)
    {
        if (!call.RouterWeightOnInput)
        {
            return call.HiddenStates;
        }

        var weighted = CudaPrepareBuffers.Weighted(call.Scratch, call.HiddenStates);
        elementwise.ScaleRows(call.HiddenStates, call.TopKWeights, weighted.Pointer, call.ValidTokens, stream);
        return weighted;
    }

    /// <summary>Quantizes rows unless there is nothing to do; gives rows and scales.</summary>
    /// <exception cref="ArgumentException">The scratch is too small.</exception>
    public (TensorView Rows, TensorView Scales) Quantize(
        TensorView rows,
        QuantKey? key,
        TensorView staticScale,
        TensorView scratch,
        TensorView validTokens,
        IComputeStream stream)
    {
        if (key is null)
        {
            return (rows, TensorView.None);
        }

        var (tokens, columns) = ((int)rows.Shape[0], (int)rows.Shape[1]);
        var buffers = Buffers(key, tokens);
        TensorCheck.Require(scratch.Bytes >= buffers.Bytes, "prepare scratch", $"at least {buffers.Bytes} bytes", scratch);
        var quantized = buffers.Quantized(scratch, key, rows.Shape);
        var scales = buffers.Scales(scratch, key, quantizer.ScaleShape(key, tokens, columns));
        quantizer.Quantize(
            new QuantizationCall
            {
                Input = rows,
                Key = key,
                StaticScale = staticScale,
                Output = quantized,
                Scales = scales,
                LiveRows = validTokens,
            },
            stream);
        return (quantized, scales);
    }

    private CudaPrepareBuffers Buffers(QuantKey? key, int tokens) => new(layer, key, quantizer, tokens);
}
