namespace FusedMoe.PrepareFinalize;

internal sealed class AllGatherDescriptor(
    IEnumerable<IActivationQuantizer> quantizers, IEnumerable<ITopKWeightAndReduceProvider> strategies)
    : DispatchDescriptor(quantizers, strategies)
{
    public override string Name => "all-gather";

    public override string Summary =>
        "Gathers all ranks' tokens on every rank and reduce-scatters the results, on the cpu.";

    public override ActivationFormat ActivationFormat => ActivationFormat.Standard;

    protected override AllToAllKind AllToAll => AllToAllKind.AllGather;

    protected override DispatchLane CreateLane(DispatchContext context) => new AllGatherLane(context);
}
