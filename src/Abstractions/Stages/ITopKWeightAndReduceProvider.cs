namespace FusedMoe;

/// <summary>Makes the strategies of one device kind.</summary>
public interface ITopKWeightAndReduceProvider : IDeviceService
{
    /// <summary>The strategy for <paramref name="spec"/>.</summary>
    ITopKWeightAndReduce Create(WeightAndReduceSpec spec, IComputeDevice device);
}
