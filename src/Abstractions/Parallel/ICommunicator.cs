namespace FusedMoe;

/// <summary>
/// Collectives of one rank. Every rank of the group must call the same collectives in the same order. All buffers are
/// contiguous device memory of the stream's device; work is ordered on the stream. Arrays of counts are in rows of
/// <c>rowBytes</c> bytes, indexed by rank, and the same on all ranks where they describe all ranks.
/// </summary>
public interface ICommunicator : IDisposable
{
    /// <summary>This rank, 0 to <see cref="Size"/> - 1.</summary>
    int Rank { get; }

    /// <summary>Ranks of the group.</summary>
    int Size { get; }

    /// <summary>Gathers each rank's rows, in rank order, into <paramref name="receive"/>.</summary>
    /// <param name="send">This rank's <c>counts[Rank]</c> rows.</param>
    /// <param name="receive">Room for the sum of <paramref name="counts"/> rows.</param>
    /// <param name="rowBytes">Bytes of a row.</param>
    /// <param name="counts">Rows of every rank.</param>
    /// <param name="stream">Orders the work.</param>
    void AllGather(nint send, nint receive, long rowBytes, ReadOnlySpan<int> counts, IComputeStream stream);

    /// <summary>
    /// Adds all ranks' buffers element by element, in rank order in float32, and leaves this rank its
    /// <c>counts[Rank]</c> rows, rounded once to <paramref name="dtype"/>.
    /// </summary>
    /// <param name="send">The sum of <paramref name="counts"/> rows.</param>
    /// <param name="receive">Room for <c>counts[Rank]</c> rows.</param>
    /// <param name="rowElements">Elements of a row.</param>
    /// <param name="dtype">float32, bf16 or fp16.</param>
    /// <param name="counts">Rows of every rank.</param>
    /// <param name="stream">Orders the work.</param>
    void ReduceScatter(nint send, nint receive, long rowElements, DType dtype, ReadOnlySpan<int> counts, IComputeStream stream);

    /// <summary>Sends a run of rows to each rank and receives one from each, both laid out in rank order.</summary>
    /// <param name="send">The sum of <paramref name="sendCounts"/> rows.</param>
    /// <param name="sendCounts">Rows to each rank.</param>
    /// <param name="receive">Room for the sum of <paramref name="receiveCounts"/> rows.</param>
    /// <param name="receiveCounts">Rows from each rank; must equal what that rank sends.</param>
    /// <param name="rowBytes">Bytes of a row.</param>
    /// <param name="stream">Orders the work.</param>
    void AllToAll(
        nint send,
        ReadOnlySpan<int> sendCounts,
        nint receive,
        ReadOnlySpan<int> receiveCounts,
        long rowBytes,
        IComputeStream stream);

    /// <summary>
    /// Gathers one host integer vector of every rank: <paramref name="all"/> is <c>[Size, mine.Length]</c>.
    /// </summary>
    void ExchangeHost(ReadOnlySpan<int> mine, Span<int> all);

    /// <summary>Returns when every rank has called it.</summary>
    void Barrier();
}
