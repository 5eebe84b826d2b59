namespace FusedMoe.PrepareFinalize;

internal sealed class AllToAllDescriptor(
    IEnumerable<IActivationQuantizer> quantizers, IEnumerable<ITopKWeightAndReduceProvider> strategies)
    : DispatchDescriptor(quantizers, strategies)
{
    public override string Name => "all-to-all";

    public override string Summary => "Sends each token once to every rank that owns one of its experts, on the cpu.";

    public override ActivationFormat ActivationFormat => ActivationFormat.Standard;

    protected override AllToAllKind AllToAll => AllToAllKind.AllToAll;

    protected override DispatchLane CreateLane(DispatchContext context) => new AllToAllLane(context);
}
