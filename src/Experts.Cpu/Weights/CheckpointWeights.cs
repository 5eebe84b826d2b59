namespace FusedMoe.Experts.Cpu;

/// <summary>Weights used where they lie: the checkpoint layout needs no preparing.</summary>
internal sealed class CheckpointWeights(ExpertWeights weights) : IPreparedWeights
{
    /// <inheritdoc/>
    public WeightLayout Layout => WeightLayout.Checkpoint;

    /// <inheritdoc/>
    public ExpertWeights Weights => weights;

    /// <inheritdoc/>
    public long AllocatedBytes => 0;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
