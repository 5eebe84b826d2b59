namespace FusedMoe;

/// <summary>A prepare under way.</summary>
public interface IPrepareReceiver
{
    /// <summary>
    /// True when <see cref="WaitArrival"/> has something to wait for, so that another micro-batch may run first.
    /// </summary>
    bool HasArrivalHook { get; }

    /// <summary>Waits for the data to arrive, no more. Does nothing without a hook or when called again.</summary>
    void WaitArrival();

    /// <summary>The prepared inputs; waits for arrival first. Once per begin.</summary>
    PreparedInputs Receive();
}
