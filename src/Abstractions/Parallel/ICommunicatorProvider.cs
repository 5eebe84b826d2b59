namespace FusedMoe;

/// <summary>
/// Gives the communicator of this rank. Registered by the application or a plugin; without one, schemes that
/// communicate refuse.
/// </summary>
public interface ICommunicatorProvider
{
    /// <summary>The kind of devices whose memory the communicator can move.</summary>
    DeviceKind Kind { get; }

    /// <summary>Ranks of the group that <see cref="Create"/> joins.</summary>
    int Size { get; }

    /// <summary>The communicator of expert-parallel rank <paramref name="rank"/>.</summary>
    ICommunicator Create(int rank);
}
