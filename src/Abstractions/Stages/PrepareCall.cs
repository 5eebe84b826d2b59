namespace FusedMoe;

/// <summary>Arguments of <see cref="IPrepareAndFinalize.Prepare"/>. Hidden states are never written.</summary>
public readonly struct PrepareCall
{
    /// <summary><c>[M, K]</c>, unquantized.</summary>
    public required TensorView HiddenStates { get; init; }

    /// <summary>float32 <c>[M, k]</c>.</summary>
    public required TensorView TopKWeights { get; init; }

    /// <summary>int32 <c>[M, k]</c> global ids.</summary>
    public required TensorView TopKIds { get; init; }

    /// <summary>int32 <c>[G]</c>, or <see cref="TensorView.None"/>.</summary>
    public TensorView ExpertMap { get; init; }

    /// <summary>G: experts of the layer.</summary>
    public required int GlobalExperts { get; init; }

    /// <summary>True when prepare multiplies the router weight into the input, before quantizing. Top-k is 1.</summary>
    public bool RouterWeightOnInput { get; init; }

    /// <summary>Quantization of the experts' input; null for none.</summary>
    public QuantKey? Quant { get; init; }

    /// <summary>True when the experts quantize themselves.</summary>
    public bool DeferQuantization { get; init; }

    /// <summary>Static input scale, float32 <c>[1]</c>, or <see cref="TensorView.None"/>.</summary>
    public TensorView StaticScale { get; init; }

    /// <summary>
    /// uint8 scratch of at least <see cref="IPrepareAndFinalizeBase.ScratchBytes"/>; keeps its content until this
    /// lane's finalize.
    /// </summary>
    public required TensorView Scratch { get; init; }

    /// <summary>int32 scalar on the device, or <see cref="TensorView.None"/>.</summary>
    public TensorView ValidTokens { get; init; }

    /// <summary>Micro-batch, 0 or 1.</summary>
    public int Lane { get; init; }
}
