namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Weights as they came.</summary>
internal sealed class FakeWeights(ExpertWeights weights, WeightLayout layout) : IPreparedWeights
{
    public WeightLayout Layout => layout;

    public ExpertWeights Weights => weights;

    public long AllocatedBytes => 0;

    public void Dispose()
    {
    }
}
