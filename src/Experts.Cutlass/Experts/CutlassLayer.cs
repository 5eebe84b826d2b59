namespace FusedMoe.Experts.Cutlass;

/// <summary>What never changes between the calls of one layer on one rank.</summary>
/// <param name="Shape">Sizes: global experts, top-k, hidden, intermediate of this rank.</param>
/// <param name="LocalExperts">Experts of this rank.</param>
/// <param name="GateUp">Width of the first product.</param>
/// <param name="DType">bf16 or fp16.</param>
/// <param name="Activation">Activation between the products.</param>
internal sealed record CutlassLayer(MoeShape Shape, int LocalExperts, int GateUp, DType DType, ActivationSpec Activation)
{
    /// <summary>The device that the products run on; the first GPU where nothing says which.</summary>
    public DeviceId Device { get; init; } = DeviceId.Cuda(0);

    /// <summary>True when both products add a bias.</summary>
    public bool HasExpertBias { get; init; }

    /// <summary>What the first product's epilogue does.</summary>
    public CutlassEpilogue Epilogue => EpilogueOf(Activation);

    /// <summary>Columns the first product writes: I when the activation is fused, else N.</summary>
    public int FirstWidth => Epilogue == CutlassEpilogue.Plain ? GateUp : Shape.Intermediate;

    /// <summary>Bytes of one element.</summary>
    public int ElementBytes => DType.Bits() / 8;

    /// <summary>The layer of a context.</summary>
    public static CutlassLayer From(StageContext context) => new(
        context.Layer.Shape,
        context.LocalExperts,
        context.Layer.GateUpSize,
        context.Layer.ActivationDType,
        context.Layer.Activation)
    {
        Device = context.Device.Traits.Id,
        HasExpertBias = context.Layer.Features.HasExpertBias,
    };

    /// <summary>The epilogue that computes <paramref name="activation"/>, or plain when none does.</summary>
    public static CutlassEpilogue EpilogueOf(ActivationSpec activation) => activation.Kind switch
    {
        ActivationKind.Silu => CutlassEpilogue.Silu,
        ActivationKind.SwigluOai or ActivationKind.SwigluOaiUninterleave => CutlassEpilogue.SwigluOai,
        _ => CutlassEpilogue.Plain,
    };
}
