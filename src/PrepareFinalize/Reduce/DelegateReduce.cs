namespace FusedMoe.PrepareFinalize;

/// <summary>Stands for "prepare/finalize must decide" and cannot be applied.</summary>
internal sealed class DelegateReduce : ITopKWeightAndReduce
{
    public WeightAndReduceSpec Spec => WeightAndReduceSpec.Delegate;

    public void Apply(in WeightAndReduceCall call, IComputeStream stream) => throw new InvalidOperationException(
        "A delegated reduction cannot be applied; prepare/finalize must put its own strategy in its place.");
}
