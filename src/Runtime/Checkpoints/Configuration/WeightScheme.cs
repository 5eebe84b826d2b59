namespace FusedMoe.Runtime.Checkpoints;

/// <summary>The quantization that config.json describes, and the names its tensors have.</summary>
/// <param name="Storage">How matrices are stored.</param>
/// <param name="Weight">Quantization of the weights as backends see it; null for none.</param>
/// <param name="Activation">Quantization of the activations that the checkpoint was made for; null for none.</param>
internal sealed record WeightScheme(WeightStorage Storage, QuantKey? Weight, QuantKey? Activation)
{
    private const string Weights = ".weight";

    public static WeightScheme Plain { get; } = new(WeightStorage.Plain, null, null);

    /// <summary>Suffix of the scales after the weight's name, for the schemes that use one.</summary>
    public string ScaleSuffix { get; init; } = "_scale";

    /// <summary>Rows and columns that share a scale; 0 for a whole row.</summary>
    public (int Rows, int Columns) Block => Weight is null
        ? (1, 1)
        : Storage == WeightStorage.ChannelScaled ? (1, 0) : (Weight.Scale.Group.Rows, Weight.Scale.Group.Columns);

    /// <summary>True when the first and second input have a given scale each.</summary>
    public bool HasInputScales => Activation is { Scale.IsStatic: true };

    /// <summary>Type of the tensor that holds the elements; null for any unquantized type.</summary>
    public DType? StoredType => Storage switch
    {
        WeightStorage.Plain => null,
        WeightStorage.PackedInt4 => DType.Int32,
        WeightStorage.Mxfp4 => DType.UInt8,
        _ => Weight!.Element,
    };

    /// <summary>The tensor with the elements of the weight <paramref name="name"/>.</summary>
    public string ElementsOf(string name) => Storage == WeightStorage.PackedInt4 ? $"{name}_packed" : name;

    /// <summary>The tensor with its scales.</summary>
    public string ScalesOf(string name) =>
        Storage == WeightStorage.Mxfp4
            ? name.Replace("_blocks", "_scales", StringComparison.Ordinal)
            : name + ScaleSuffix;

    /// <summary>The tensor with the given scale of its input.</summary>
    public static string InputScaleOf(string name) => Stem(name) + "input_scale";

    /// <summary>The tensor with its bias.</summary>
    public static string BiasOf(string name) => name.EndsWith(Weights, StringComparison.Ordinal)
        ? Stem(name) + "bias"
        : $"{name.Replace("_blocks", string.Empty, StringComparison.Ordinal)}_bias";

    private static string Stem(string name) => name.EndsWith(Weights, StringComparison.Ordinal)
        ? name[..(name.Length - Weights.Length + 1)]
        : $"{name}_";
}
