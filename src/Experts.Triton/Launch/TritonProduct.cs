namespace FusedMoe.Experts.Triton;

/// <summary>One grouped product's weights as kernels take them: pointers, strides and flags.</summary>
internal sealed class TritonProduct
{
    private TritonProduct(ProductShape shape, TensorView weight)
    {
        (Shape, Weight) = (shape, weight);
    }

    /// <summary>Depth, width and kind.</summary>
    public ProductShape Shape { get; }

    /// <summary><c>[E, rows, K]</c>.</summary>
    public TensorView Weight { get; }

    /// <summary>Scales, or <see cref="TensorView.None"/>.</summary>
    public TensorView Scale { get; private init; }

    /// <summary>Strides of the scales.</summary>
    public ScaleLayout ScaleLayout { get; private init; }

    /// <summary>Zero points, or <see cref="TensorView.None"/>.</summary>
    public TensorView ZeroPoints { get; private init; }

    /// <summary>Bias <c>[E, rows]</c>, or <see cref="TensorView.None"/>.</summary>
    public TensorView Bias { get; private init; }

    /// <summary>Static scale of the product's input, or <see cref="TensorView.None"/>.</summary>
    public TensorView InputScale { get; private init; }

    /// <summary>How gate and up rows lie, and what the epilogue does.</summary>
    public GemmEpilogue Epilogue { get; private init; }

    /// <summary>From row to row of the weight, in stored elements (bytes of packed types).</summary>
    public int RowStride => (int)(Weight.Strides[1] / Packing);

    /// <summary>From expert to expert, in stored elements.</summary>
    public long ExpertStride => Weight.Strides[0] / Packing;

    /// <summary>Weight rows of an expert.</summary>
    public int Rows => (int)Weight.Shape[1];

    private int Packing => Weight.DType.IsPacked() ? 2 : 1;

    /// <summary>The first product: activation in its epilogue, no router weight.</summary>
    public static TritonProduct First(TritonLayer layer, ExpertWeights weights) => new(layer.First, weights.W13)
    {
        Scale = weights.W13Scale,
        ScaleLayout = Layout(layer, weights.W13),
        ZeroPoints = weights.W13ZeroPoints,
        Bias = weights.W13Bias,
        InputScale = weights.A13Scale,
        Epilogue = Describe(
            layer.Activation, weights.W13Bias, weights.W13ZeroPoints, layer.Activation.Form == ActivationForm.FusedRelu2)
            with
        {
            gate_step = layer.IsInterleaved ? 2 : 1,
            half_step = layer.IsInterleaved ? 1 : layer.Shape.Intermediate,
        },
    };

    /// <summary>The second product.</summary>
    public static TritonProduct Second(TritonLayer layer, ExpertWeights weights) => new(layer.Second, weights.W2)
    {
        Scale = weights.W2Scale,
        ScaleLayout = Layout(layer, weights.W2),
        ZeroPoints = weights.W2ZeroPoints,
        Bias = weights.W2Bias,
        InputScale = weights.A2Scale,
        Epilogue = Describe(layer.Activation, weights.W2Bias, weights.W2ZeroPoints, isRelu2: false) with { gate_step = 1 },
    };

    private static ScaleLayout Layout(TritonLayer layer, TensorView weight) => layer.Scheme.Quant.Weight is { } key
        ? ScaleLayout.Of(key, (int)weight.Shape[1], (int)weight.Shape[2])
        : default;

    private static GemmEpilogue Describe(ActivationPlan plan, TensorView bias, TensorView zeros, bool isRelu2)
    {
        var flags = isRelu2 ? GemmFlags.Relu2 : GemmFlags.None;
        flags |= bias.IsNone ? GemmFlags.None
            : bias.DType == DType.Float32 ? GemmFlags.WideBias
            : GemmFlags.NarrowBias;
        flags |= zeros.IsNone ? GemmFlags.None : GemmFlags.ZeroPoints;
        return new GemmEpilogue
        {
            flags = flags,
            gate_limit = plan.GateLimit,
            up_limit = plan.UpLimit,
            alpha = plan.Alpha,
            cubic = plan.Cubic,
            beta = plan.Beta,
            silu_limit = plan.SiluLimit,
        };
    }
}
