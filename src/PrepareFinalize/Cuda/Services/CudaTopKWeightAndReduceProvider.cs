namespace FusedMoe.PrepareFinalize;

/// <summary>Makes the reductions of GPUs.</summary>
internal sealed class CudaTopKWeightAndReduceProvider(CudaReduction reduction, CudaElementwise elementwise)
    : ITopKWeightAndReduceProvider
{
    public DeviceKind DeviceKind => DeviceKind.Cuda;

    public ITopKWeightAndReduce Create(WeightAndReduceSpec spec, IComputeDevice device) =>
        new CudaTopKWeightAndReduce(spec, reduction, elementwise);
}
