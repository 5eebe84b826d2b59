using System.Collections;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// N ranks that are threads of this process: for tests and for hosts that run expert parallelism on one machine's
/// processors. A collective copies straight from the senders' memory and allocates nothing. Calls that do not match
/// between ranks throw the same <see cref="ArgumentException"/> on every rank and leave the group usable; a rank that
/// fails or is disposed wakes the others with a <see cref="CommunicatorException"/>.
/// </summary>
public sealed class InProcessCommunicatorGroup : IReadOnlyList<ICommunicator>, IDisposable
{
    private readonly InProcessCommunicator[] _ranks;
    private readonly Rendezvous _rendezvous;

    /// <summary>A group of <paramref name="size"/> ranks.</summary>
    /// <param name="size">Ranks, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is below 1.</exception>
    public InProcessCommunicatorGroup(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        _rendezvous = new Rendezvous(size);
        var announced = new CollectiveArguments[size];
        _ranks = new InProcessCommunicator[size];
        for (var rank = 0; rank < size; rank++)
        {
            _ranks[rank] = new InProcessCommunicator(rank, announced, _rendezvous);
        }
    }

    /// <summary>Ranks of the group.</summary>
    public int Count => _ranks.Length;

    /// <summary>The communicator of <paramref name="rank"/>, for one thread at a time.</summary>
    public ICommunicator this[int rank] => _ranks[rank];

    /// <summary>Wakes every rank that waits, or will wait, for <paramref name="rank"/>, which cannot go on.</summary>
    /// <param name="rank">The rank that failed.</param>
    /// <param name="cause">Its error; becomes the inner exception of what the others get.</param>
    public void Fail(int rank, Exception cause)
    {
        ArgumentNullException.ThrowIfNull(cause);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)rank, (uint)Count, nameof(rank));
        _rendezvous.Break(rank, $"failed ({cause.Message})", cause);
    }

    /// <summary>Disposes every rank.</summary>
    public void Dispose()
    {
        foreach (var rank in _ranks)
        {
            rank.Dispose();
        }
    }

    /// <inheritdoc/>
    public IEnumerator<ICommunicator> GetEnumerator() => _ranks.AsEnumerable<ICommunicator>().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
