namespace FusedMoe.PrepareFinalize;

/// <summary>
/// What one rank brings to a collective, visible to all ranks between the two meetings of the call. Pointers stay valid
/// that long because their owner waits in the call.
/// </summary>
internal unsafe struct CollectiveArguments
{
    public Collective Operation;
    public nint Send;
    public nint Receive;
    public long RowSize;
    public DType DType;
    public DeviceKind Memory;

    private int* _sends;
    private int _sendsLength;
    private int* _receives;
    private int _receivesLength;

    public readonly ReadOnlySpan<int> Sends => new(_sends, _sendsLength);

    public readonly ReadOnlySpan<int> Receives => new(_receives, _receivesLength);

    public void SetSends(int* pinned, int length)
    {
        _sends = pinned;
        _sendsLength = length;
    }

    public void SetReceives(int* pinned, int length)
    {
        _receives = pinned;
        _receivesLength = length;
    }
}
