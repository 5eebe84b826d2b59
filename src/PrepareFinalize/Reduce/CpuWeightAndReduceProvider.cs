using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>Makes the reductions of the CPU.</summary>
internal sealed class CpuWeightAndReduceProvider : ITopKWeightAndReduceProvider
{
    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public ITopKWeightAndReduce Create(WeightAndReduceSpec spec, IComputeDevice device) => spec.Kind switch
    {
        WeightAndReduceKind.NoOp => new NoOpReduce(WorkerPool.Of(device)),
        WeightAndReduceKind.Contiguous => new ContiguousReduce(WorkerPool.Of(device)),
        WeightAndReduceKind.Batched => new BatchedReduce(spec, WorkerPool.Of(device)),
        WeightAndReduceKind.Delegate => new DelegateReduce(),
        _ => throw new ArgumentOutOfRangeException(nameof(spec), spec.Kind, "No reduction of this kind exists."),
    };
}
