namespace FusedMoe;

/// <summary>A collective cannot complete because another rank failed or left. The group cannot be used any more.</summary>
public sealed class CommunicatorException : Exception
{
    /// <summary>Builds the error and its text.</summary>
    /// <param name="operation">The collective that cannot complete.</param>
    /// <param name="failedRank">The rank that failed or left.</param>
    /// <param name="reason">What happened to it, as the end of the sentence "rank r …".</param>
    /// <param name="cause">Its own error, when known.</param>
    public CommunicatorException(string operation, int failedRank, string reason, Exception? cause = null)
        : base($"{operation} needs every rank, but rank {failedRank} {reason}; create a new group.", cause) =>
        FailedRank = failedRank;

    /// <summary>The rank that failed or left.</summary>
    public int FailedRank { get; }
}
