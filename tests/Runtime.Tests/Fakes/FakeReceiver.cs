namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>A pending prepare or finalize of one lane; used again for every call.</summary>
internal sealed class FakeReceiver(CallLog log) : IPrepareReceiver, IFinalizeReceiver
{
    private PreparedInputs _prepared;
    private FinalizeCall _finalize;
    private FakeScheme? _scheme;
    private int _lane;

    public bool HasArrivalHook => true;

    public IPrepareReceiver Prepare(in PreparedInputs prepared, int lane)
    {
        (_prepared, _lane) = (prepared, lane);
        return this;
    }

    public IFinalizeReceiver Finalize(FakeScheme scheme, in FinalizeCall call)
    {
        (_scheme, _finalize, _lane) = (scheme, call, call.Lane);
        return this;
    }

    public void WaitArrival() => log.Add(_lane == 0 ? "arrive 0" : "arrive 1");

    PreparedInputs IPrepareReceiver.Receive()
    {
        log.Add(_lane == 0 ? "receive prepare 0" : "receive prepare 1");
        return _prepared;
    }

    void IFinalizeReceiver.Receive()
    {
        log.Add(_lane == 0 ? "receive finalize 0" : "receive finalize 1");
        _scheme!.Combine(_finalize);
    }
}
