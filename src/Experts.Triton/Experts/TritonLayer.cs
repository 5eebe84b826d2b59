using System.Numerics;

namespace FusedMoe.Experts.Triton;

/// <summary>What never changes between the calls of one layer.</summary>
/// <param name="Shape">Sizes of this rank: global experts, top-k, hidden, intermediate.</param>
/// <param name="LocalExperts">Experts of this rank.</param>
/// <param name="GateUp">Width of the first product.</param>
/// <param name="DType">Type of activations and output: bf16 or fp16.</param>
/// <param name="Scheme">Kernel family.</param>
/// <param name="Activation">Where the activation runs.</param>
/// <param name="Device">The device that the products run on.</param>
/// <param name="IsBatched">True for the batched format.</param>
/// <param name="IsInterleaved">True when gate and up rows alternate in the first weight.</param>
/// <param name="IsBatchInvariant">True when a row's bits must not depend on other rows.</param>
internal sealed record TritonLayer(
    MoeShape Shape,
    int LocalExperts,
    int GateUp,
    DType DType,
    TritonScheme Scheme,
    ActivationPlan Activation,
    DeviceTraits Device,
    bool IsBatched,
    bool IsInterleaved,
    bool IsBatchInvariant)
{
    /// <summary>True when both products add a bias.</summary>
    public bool HasExpertBias { get; init; }

    /// <summary>Compute capability of the device, times ten.</summary>
    public int ComputeCapability => Device.ComputeCapability;

    /// <summary>The layer of a context.</summary>
    /// <exception cref="InvalidOperationException">Batch invariance with one computed scale for all rows.</exception>
    /// <exception cref="ArgumentException">No kernel has the layer's quantization; the descriptor refuses it.</exception>
    public static TritonLayer From(StageContext context, bool isBatched)
    {
        var layer = context.Layer;
        var scheme = TritonScheme.For(layer.Quant, layer.ActivationDType)
            ?? throw new ArgumentException(
                $"Quantization must be {TritonScheme.Accepted}, got {layer.Quant}; ask the descriptor first.",
                nameof(context));
        if (context.Deployment.BatchInvariant && scheme.Quant.Activation is { Scale.IsStatic: false } key
            && key.Scale.Group == GroupShape.PerTensor)
        {
            throw new InvalidOperationException(
                $"Batch invariance must have scales a row, got {key.Name}, whose one scale mixes rows; quantize by token.");
        }

        return new TritonLayer(
            layer.Shape, context.LocalExperts, layer.GateUpSize, layer.ActivationDType, scheme,
            ActivationPlan.For(layer.Activation), context.Device.Traits, isBatched,
            layer.Activation.IsInterleaved, context.Deployment.BatchInvariant)
        {
            HasExpertBias = layer.Features.HasExpertBias,
        };
    }

    /// <summary>
    /// Columns that the first product writes: the activation's output when it is fused, else all of them.
    /// </summary>
    public int FirstWidth => Activation.Form == ActivationForm.FusedGate ? Shape.Intermediate : GateUp;

    /// <summary>Top-k rounded up to a power of two, for which kernels that visit all slots of a token are built.</summary>
    public int Slots => (int)BitOperations.RoundUpToPowerOf2((uint)Shape.TopK);

    /// <summary>The activation type as kernel keys spell it.</summary>
    public string Word => TritonScheme.Word(DType);

    /// <summary>The first product.</summary>
    public ProductShape First => Product(Activation.Form == ActivationForm.FusedGate, Shape.Hidden, FirstWidth);

    /// <summary>The second product.</summary>
    public ProductShape Second => Product(false, Shape.Intermediate, Shape.Hidden);

    /// <summary>The question to a tile heuristic for a number of tokens.</summary>
    public TileQuestion Question(int tokens) =>
        new(tokens, Shape.TopK, LocalExperts, Shape.Experts, Scheme.IsByte, IsBatchInvariant)
        {
            ExpertBytes = (long)GateUp * Shape.Hidden * (Scheme.Quant.Weight?.Element ?? DType).Bits() / 8,
            CacheBytes = Device.CacheBytes,
        };

    /// <summary>Rows of a call that are expected to be live.</summary>
    /// <param name="rows">Rows of the call, or of one expert in the batched format.</param>
    /// <param name="hint">The caller's hint; 0 for all.</param>
    public static int ExpectedRows(int rows, int hint) => hint > 0 ? Math.Min(hint, rows) : rows;

    /// <summary>(Token, slot) pairs that this rank expects for those rows, at least 1.</summary>
    public long ExpectedPairs(int rows, int hint) => Question(ExpectedRows(rows, hint)).LocalPairs;

    private ProductShape Product(bool isGated, int depth, int width) =>
        ProductShape.Of(Scheme, isGated, depth, width, IsBatched);
}
