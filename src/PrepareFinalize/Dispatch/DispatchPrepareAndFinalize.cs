namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Prepare/finalize over a communicator: two lanes of one scheme. The sync forms are the async ones received at once.
/// </summary>
internal sealed class DispatchPrepareAndFinalize(
    IPrepareAndFinalizeDescriptor descriptor, DispatchContext context, Func<DispatchContext, DispatchLane> createLane)
    : IPrepareAndFinalize
{
    private readonly DispatchLane[] _lanes = [createLane(context), createLane(context)];

    public IPrepareAndFinalizeDescriptor Descriptor => descriptor;

    public ActivationFormat ActivationFormat => descriptor.ActivationFormat;

    public DType? TopKIndicesDType => null;

    public int? MaxTokensPerRank => ActivationFormat == ActivationFormat.Batched ? context.MaxTokens : null;

    public int DispatcherCount => context.Ranks;

    /// <summary>True when the scheme spans the ranks: combining then adds up every rank's share of a token.</summary>
    public bool OutputIsReduced => context.SpansAllRanks;

    public bool SupportsAsync => true;

    public bool SupportsDeferredFinalize => false;

    public int MaxDispatchedTokens(int tokens) => context.Capacity(tokens);

    public long ScratchBytes(int tokens) => _lanes[0].ScratchBytes(tokens);

    public void OnComposed(IExpertsBase experts)
    {
        if (experts.Descriptor.ActivationFormat != ActivationFormat)
        {
            throw new ArgumentException(
                $"Experts of '{descriptor.Name}' must take {ActivationFormat} activations, "
                + $"got '{experts.Descriptor.Name}' with {experts.Descriptor.ActivationFormat}.");
        }
    }

    public PreparedInputs Prepare(in PrepareCall call, IComputeStream stream) => BeginPrepare(call, stream).Receive();

    public IPrepareReceiver BeginPrepare(in PrepareCall call, IComputeStream stream)
    {
        var lane = Lane(call.Lane);
        lane.BeginPrepare(call, stream);
        return lane;
    }

    public void Finalize(in FinalizeCall call, IComputeStream stream) => BeginFinalize(call, stream).Receive();

    public IFinalizeReceiver BeginFinalize(in FinalizeCall call, IComputeStream stream)
    {
        var lane = Lane(call.Lane);
        lane.BeginFinalize(call, stream);
        return lane;
    }

    public void Dispose() => context.Dispose();

    private DispatchLane Lane(int lane) => (uint)lane < (uint)_lanes.Length
        ? _lanes[lane]
        : throw new ArgumentException($"Lane must be 0 or 1, got {lane}.");
}
