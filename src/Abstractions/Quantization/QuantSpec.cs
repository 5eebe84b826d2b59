namespace FusedMoe;

/// <summary>Quantization of a layer: of its weights and of the activations entering both grouped products.</summary>
/// <param name="Weight">Weight quantization; null for weights in <see cref="MoeLayerSpec.WeightDType"/>.</param>
/// <param name="Activation">Activation quantization; null for activations in
/// <see cref="MoeLayerSpec.ActivationDType"/>.</param>
public sealed record QuantSpec(QuantKey? Weight, QuantKey? Activation)
{
    /// <summary>Nothing is quantized.</summary>
    public static QuantSpec None { get; } = new(null, null);

    /// <summary>For example <c>fp8-static-128x128 x fp8-dynamic-1x128</c> or <c>none x none</c>.</summary>
    public override string ToString() => $"{Weight?.Name ?? "none"} x {Activation?.Name ?? "none"}";
}
