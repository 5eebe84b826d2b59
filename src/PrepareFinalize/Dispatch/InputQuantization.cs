namespace FusedMoe.PrepareFinalize;

/// <summary>
/// How a layer's activations are quantized around their journey. Scales that belong to one row are made before it and
/// travel with the row, which makes the journey cheaper; a scale that spans rows is made from the rows that arrive,
/// because the ranks' inputs have no common scale.
/// </summary>
internal sealed class InputQuantization
{
    private readonly IActivationQuantizer? _quantizer;

    public InputQuantization(QuantKey? key, IEnumerable<IActivationQuantizer> quantizers, int hidden)
    {
        Key = key;
        _quantizer = key is null ? null : Find(quantizers, key);
        ScaleColumns = IsRowWise && _quantizer is not null ? (int)_quantizer.ScaleShape(key!, 1, hidden)[-1] : 0;
        Hidden = hidden;
    }

    /// <summary>The layer's key; null when nothing is quantized.</summary>
    public QuantKey? Key { get; }

    /// <summary>Scales of one row that travel with it.</summary>
    public int ScaleColumns { get; }

    /// <summary>Elements of a row.</summary>
    public int Hidden { get; }

    /// <summary>True when every scale belongs to one row.</summary>
    public bool IsRowWise => Key is { Scale.Group.Rows: 1 };

    /// <summary>The first quantizer of the host that takes <paramref name="key"/>, or null.</summary>
    public static IActivationQuantizer? Find(IEnumerable<IActivationQuantizer> quantizers, QuantKey key) =>
        quantizers.FirstOrDefault(q => q.DeviceKind == DeviceKind.Cpu && q.Supports(key).IsYes);

    /// <summary>True when this call's rows are quantized by prepare.</summary>
    /// <exception cref="ArgumentException">
    /// The call names another key than the layer, or one without a quantizer.
    /// </exception>
    public bool IsDue(in PrepareCall call)
    {
        if (call.Quant is null || call.DeferQuantization)
        {
            return false;
        }

        if (call.Quant != Key || _quantizer is null)
        {
            throw new ArgumentException(
                $"Quantization of prepare must be the layer's own with a quantizer on the cpu, "
                + $"got {call.Quant} for a layer with {Key?.Name ?? "none"}.");
        }

        return true;
    }

    /// <summary>The shape of the scales of <paramref name="rows"/> rows.</summary>
    public TensorShape ScaleShape(int rows) => _quantizer?.ScaleShape(Key!, rows, Hidden) ?? default;

    /// <summary>Quantizes <paramref name="input"/> into two pieces of scratch and returns their views.</summary>
    public (TensorView Rows, TensorView Scales) Quantize(
        TensorView input, TensorView staticScale, nint rows, nint scales, IComputeStream stream)
    {
        var output = TensorView.Contiguous(rows, Key!.Element, input.Shape, input.Device);
        var scaleView = TensorView.Contiguous(scales, Key.Scale.DType, ScaleShape((int)input.Shape[0]), input.Device);
        if (input.Elements > 0)
        {
            // A static scale a row covers the caller's rows, of which the live ones come first.
            var given = staticScale.Elements > 1 ? staticScale.Slice(0, 0, input.Shape[0]) : staticScale;
            _quantizer!.Quantize(input, Key, given, output, scaleView, stream);
        }

        return (output, scaleView);
    }
}
