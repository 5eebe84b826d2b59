namespace FusedMoe.Conformance.Tests;

internal sealed class FakePreparedWeights(ExpertWeights weights) : IPreparedWeights
{
    public WeightLayout Layout => WeightLayout.Checkpoint;

    public ExpertWeights Weights => weights;

    public long AllocatedBytes => 0;

    public void Dispose()
    {
    }
}
