namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// Which part of a layer is loaded, and for which arithmetic. Every default is "all of it, unquantized activations".
/// </summary>
public sealed record CheckpointLoadOptions
{
    /// <summary>
    /// With tensor parallelism a rank gets an equal share of the intermediate size of every expert and of the shared
    /// experts, and only rank 0 the biases of the second product. With expert parallelism it gets a contiguous share of
    /// the experts; the first ranks get one more when shares are uneven.
    /// </summary>
    public ParallelSpec Parallel { get; init; } = ParallelSpec.Single;

    /// <summary>Quantization of activations.</summary>
    public ActivationQuantization Activations { get; init; }
}
