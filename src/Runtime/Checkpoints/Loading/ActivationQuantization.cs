namespace FusedMoe.Runtime.Checkpoints;

/// <summary>What a loaded layer does with activations entering the grouped products.</summary>
public enum ActivationQuantization
{
    /// <summary>They keep the activation type; weights are dequantized.</summary>
    None,

    /// <summary>
    /// They are quantized as the checkpoint's config.json says, for example in groups of 128 for fp8 blocks.
    /// </summary>
    Config,
}
