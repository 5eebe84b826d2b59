using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Weights and quantizes the input of one layer into scratch. Rows beyond the live ones are not read: they would
/// enter the scale of a whole tensor.
/// </summary>
internal sealed unsafe class LocalInput(StageContext context)
{
    private readonly CpuActivationQuantizer _quantizer = new();
    private readonly WorkerPool _workers = WorkerPool.Of(context.Device);
    private readonly int _hidden = context.Layer.Shape.Hidden;
    private readonly DType _dtype = context.Layer.ActivationDType;
    private bool _expertsQuantize;

    /// <summary>Leaves out the room for quantized rows when the experts quantize themselves.</summary>
    public void OnComposed(IExpertsBase experts) => _expertsQuantize = experts.Descriptor.ExpectsUnquantizedInputs;

    /// <summary>Bytes of scratch for the layer's own quantization and weighting.</summary>
    public long ScratchBytes(int tokens)
    {
        var key = _expertsQuantize ? null : context.Layer.Quant.Activation;
        return Carve(0, tokens, context.Layer.Features.RouterWeightOnInput, key).End;
    }

    /// <summary>Brings the input to what the experts take; the caller's own rows when there is nothing to do.</summary>
    /// <param name="hidden"><c>[M, K]</c>, not written.</param>
    /// <param name="weights">float32 <c>[M, 1]</c> to multiply by, or <see cref="TensorView.None"/>.</param>
    /// <param name="key">Quantization, or null.</param>
    /// <param name="staticScale">Static scale, or <see cref="TensorView.None"/>.</param>
    /// <param name="scratch">Scratch.</param>
    /// <param name="validTokens">Live rows, or <see cref="TensorView.None"/>.</param>
    /// <param name="stream">Orders the work.</param>
    public (TensorView Activations, TensorView Scales) Prepare(
        TensorView hidden,
        TensorView weights,
        QuantKey? key,
        TensorView staticScale,
        TensorView scratch,
        TensorView validTokens,
        IComputeStream stream)
    {
        if (hidden.Shape.Rank != 2 || hidden.Shape[1] != _hidden || hidden.DType != _dtype || !hidden.IsContiguous)
        {
            throw new ArgumentException(
                $"hidden states must be contiguous {_dtype.Name()} [M, {_hidden}], got {hidden}.", nameof(hidden));
        }

        var rows = (int)hidden.Shape[0];
        var live = validTokens.IsNone ? rows : Math.Clamp(*(int*)validTokens.Pointer, 0, rows);
        var carve = Carve(scratch.Pointer, rows, !weights.IsNone, key);
        if (carve.End - scratch.Pointer > scratch.Bytes)
        {
            throw new ArgumentException(
                $"scratch must have {carve.End - scratch.Pointer} bytes for {rows} tokens, got {scratch}.",
                nameof(scratch));
        }

        var input = weights.IsNone ? hidden : Weigh(hidden, weights, carve.Weighted, live);
        return key is null ? (input, TensorView.None) : Quantize(input, key, staticScale, carve, live, stream);
    }

    private LocalScratch Carve(nint start, int rows, bool isWeighted, QuantKey? key)
    {
        var arena = new ScratchArena(start);
        var weighted = arena.Take(_dtype, isWeighted ? (long)rows * _hidden : 0);
        var elements = key is null ? arena.Next : arena.Take(key.Element, (long)rows * _hidden);
        var scales = key is null
            ? arena.Next
            : arena.Take(key.Scale.DType, _quantizer.ScaleShape(key, rows, _hidden).Elements);
        return new LocalScratch(weighted, elements, scales, arena.End);
    }

    private TensorView Weigh(TensorView hidden, TensorView weights, nint target, int live)
    {
        if (weights.DType != DType.Float32 || weights.Elements != hidden.Shape[0] || !weights.IsContiguous)
        {
            throw new ArgumentException(
                $"top-k weights on the input must be float32 [{hidden.Shape[0]}, 1], got {weights}.", nameof(weights));
        }

        var body = new RowScale
        {
            Source = hidden.Pointer,
            Target = target,
            DType = _dtype,
            Columns = _hidden,
            Weights = (float*)weights.Pointer,
        };
        _workers.ParallelFor(live, ref body);
        return TensorView.Contiguous(target, _dtype, hidden.Shape, hidden.Device);
    }

    private (TensorView Activations, TensorView Scales) Quantize(
        TensorView input,
        QuantKey key,
        TensorView staticScale,
        LocalScratch carve,
        int live,
        IComputeStream stream)
    {
        var rows = (int)input.Shape[0];
        var elements = TensorView.Contiguous(carve.Elements, key.Element, input.Shape, input.Device);
        var shape = _quantizer.ScaleShape(key, rows, _hidden);
        var scales = TensorView.Contiguous(carve.Scales, key.Scale.DType, shape, input.Device);
        if (live > 0)
        {
            var given = staticScale.Elements > 1 ? staticScale.Slice(0, 0, live) : staticScale;
            var liveScales = scales.Slice(0, 0, _quantizer.ScaleShape(key, live, _hidden)[0]);
            _quantizer.Quantize(
                input.Slice(0, 0, live), key, given, elements.Slice(0, 0, live), liveScales, stream);
        }

        return (elements, scales);
    }
}
