namespace FusedMoe;

/// <summary>
/// Makes whole groups of ranks inside this process, for tests and for hosts that run a rank a thread. A group across
/// processes comes from <see cref="ICommunicatorProvider"/> instead.
/// </summary>
public interface ICommunicatorGroupFactory : IDeviceService
{
    /// <summary>
    /// A new group: element r is the communicator of rank r. Each is used by one thread at a time and disposed on its own;
    /// disposing one fails the collectives that the others still wait in.
    /// </summary>
    /// <param name="size">Ranks, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is below 1.</exception>
    IReadOnlyList<ICommunicator> CreateGroup(int size);
}
