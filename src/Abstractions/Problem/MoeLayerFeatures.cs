namespace FusedMoe;

/// <summary>What a layer has beside sizes, routing and activation. Every default is "plain bf16".</summary>
public sealed record MoeLayerFeatures
{
    /// <summary>Type of hidden states and output: float32, bf16 or fp16.</summary>
    public DType ActivationDType { get; init; } = DType.BFloat16;

    /// <summary>Type of unquantized weights and biases: float32, bf16 or fp16.</summary>
    public DType WeightDType { get; init; } = DType.BFloat16;

    /// <summary>Type of router logits: float32, bf16 or fp16.</summary>
    public DType RouterLogitsDType { get; init; } = DType.Float32;

    /// <summary>Quantization of weights and activations.</summary>
    public QuantSpec Quant { get; init; } = QuantSpec.None;

    /// <summary>True when both grouped products add a bias: <c>[E, N]</c> and <c>[E, K]</c>.</summary>
    public bool HasExpertBias { get; init; }

    /// <summary>True when the gate projection adds a bias <c>[G]</c>.</summary>
    public bool HasGateBias { get; init; }

    /// <summary>True when the router weight multiplies the input instead of the output. Top-k must be 1.</summary>
    public bool RouterWeightOnInput { get; init; }

    /// <summary>Shared experts, or null.</summary>
    public SharedExpertsSpec? SharedExperts { get; init; }

    /// <summary>What is wrong with these fields for <paramref name="shape"/>; empty when nothing is.</summary>
    public IEnumerable<string> Problems(MoeShape shape)
    {
        foreach (var (name, dtype) in new[]
        {
            ("activation type", ActivationDType), ("weight type", WeightDType), ("router logits type", RouterLogitsDType),
        })
        {
            if (!dtype.IsActivation())
            {
                yield return $"{name} must be float32, bf16 or fp16, got {dtype.Name()}";
            }
        }

        if (RouterWeightOnInput && shape.TopK != 1)
        {
            yield return $"router weight on input must have top-k 1, got top-k {shape.TopK}";
        }

        if (SharedExperts is { Intermediate: < 1 } shared)
        {
            yield return $"shared experts' intermediate size must be at least 1, got {shared.Intermediate}";
        }

        if (Quant.Weight is { } weight && weight.Scale.Group is { Rows: 1, Columns: > 1 } group)
        {
            if (shape.Hidden % group.Columns != 0)
            {
                yield return $"hidden size must be a multiple of {group.Columns} for {weight.Name}, got {shape.Hidden}";
            }

            if (shape.Intermediate % group.Columns != 0)
            {
                yield return
                    $"intermediate size must be a multiple of {group.Columns} for {weight.Name}, got {shape.Intermediate}";
            }
        }

        if (Quant.Weight is null && Quant.Activation is not null)
        {
            yield return
                $"weight quantization must be given when activations are quantized, got none x {Quant.Activation.Name}";
        }
    }
}
