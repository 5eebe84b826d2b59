namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Where the ranks of a group meet: a reusable barrier that a failed rank opens with an error instead of leaving the
/// others in it. Allocates nothing.
/// </summary>
internal sealed class Rendezvous(int size)
{
    private readonly object _gate = new();
    private int _arrived;
    private int _phase;
    private int _failedRank = -1;
    private string _reason = string.Empty;
    private Exception? _cause;

    /// <summary>Returns when all ranks have arrived.</summary>
    /// <exception cref="CommunicatorException">A rank failed or left before it arrived.</exception>
    public void Meet(Collective operation)
    {
        int phase;
        lock (_gate)
        {
            ThrowIfBroken(operation);
            phase = _phase;
            if (++_arrived == size)
            {
                _arrived = 0;
                Volatile.Write(ref _phase, phase + 1);
                Monitor.PulseAll(_gate);
                return;
            }
        }

        SpinBriefly(phase);
        lock (_gate)
        {
            while (_phase == phase)
            {
                // A meeting that was complete before the failure counts: hence the phase is looked at first.
                ThrowIfBroken(operation);
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Fails every meeting that is not complete, now and later. The first reason stays.</summary>
    public void Break(int rank, string reason, Exception? cause)
    {
        lock (_gate)
        {
            if (_failedRank < 0)
            {
                (_reason, _cause) = (reason, cause);
                _failedRank = rank;
            }

            Monitor.PulseAll(_gate);
        }
    }

    private void SpinBriefly(int phase)
    {
        var spinner = default(SpinWait);
        while (!spinner.NextSpinWillYield && Volatile.Read(ref _phase) == phase)
        {
            spinner.SpinOnce();
        }
    }

    private void ThrowIfBroken(Collective operation)
    {
        if (_failedRank >= 0)
        {
            throw new CommunicatorException(operation.ToString(), _failedRank, _reason, _cause);
        }
    }
}
