namespace FusedMoe;

/// <summary>Arguments of <see cref="IMonolithicPrepareAndFinalize.Prepare"/>.</summary>
public readonly struct MonolithicPrepareCall
{
    /// <summary><c>[M, K]</c>, unquantized.</summary>
    public required TensorView HiddenStates { get; init; }

    /// <summary><c>[M, G]</c>.</summary>
    public required TensorView RouterLogits { get; init; }

    /// <summary>Quantization of the experts' input; null for none.</summary>
    public QuantKey? Quant { get; init; }

    /// <summary>True when the experts quantize themselves.</summary>
    public bool DeferQuantization { get; init; }

    /// <summary>Static input scale, float32 <c>[1]</c>, or <see cref="TensorView.None"/>.</summary>
    public TensorView StaticScale { get; init; }

    /// <summary>uint8 scratch of at least <see cref="IPrepareAndFinalizeBase.ScratchBytes"/>.</summary>
    public required TensorView Scratch { get; init; }

    /// <summary>int32 scalar on the device, or <see cref="TensorView.None"/>.</summary>
    public TensorView ValidTokens { get; init; }
}
