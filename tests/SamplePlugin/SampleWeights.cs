namespace FusedMoe.SamplePlugin;

/// <summary>The checkpoint's own layout: nothing is copied.</summary>
internal sealed class SampleWeights(ExpertWeights weights) : IPreparedWeights
{
    public WeightLayout Layout => WeightLayout.Checkpoint;

    public ExpertWeights Weights => weights;

    public long AllocatedBytes => 0;

    public void Dispose()
    {
    }
}
