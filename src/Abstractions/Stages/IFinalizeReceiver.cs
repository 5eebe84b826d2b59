namespace FusedMoe;

/// <summary>A finalize under way.</summary>
public interface IFinalizeReceiver
{
    /// <summary>True when <see cref="WaitArrival"/> has something to wait for.</summary>
    bool HasArrivalHook { get; }

    /// <summary>Waits for the data to arrive, no more.</summary>
    void WaitArrival();

    /// <summary>Returns when the output is written (on a GPU: ordered on the stream). Once per begin.</summary>
    void Receive();
}
