namespace FusedMoe.PrepareFinalize;

internal sealed unsafe class InProcessCommunicator(int rank, CollectiveArguments[] announced, Rendezvous rendezvous)
    : ICommunicator
{
    private bool _disposed;

    public int Rank => rank;

    public int Size => announced.Length;

    public void AllGather(nint send, nint receive, long rowBytes, ReadOnlySpan<int> counts, IComputeStream stream)
    {
        fixed (int* shared = counts)
        {
            var mine = Arguments(Collective.AllGather, send, receive, rowBytes, stream);
            mine.SetSends(shared, counts.Length);
            Begin(mine);
            var target = receive;
            for (var r = 0; r < Size; r++)
            {
                CopyBytes(announced[r].Send, target, counts[r] * rowBytes);
                target += (nint)(counts[r] * rowBytes);
            }

            End();
        }
    }

    public void ReduceScatter(
        nint send, nint receive, long rowElements, DType dtype, ReadOnlySpan<int> counts, IComputeStream stream)
    {
        fixed (int* shared = counts)
        {
            var mine = Arguments(Collective.ReduceScatter, send, receive, rowElements, stream);
            mine.SetSends(shared, counts.Length);
            mine.DType = dtype;
            Begin(mine);
            var skipped = dtype.BytesFor(RowsBefore(counts, rank) * rowElements);
            RankSum.Add(announced, skipped, receive, counts[rank] * rowElements, dtype);
            End();
        }
    }

    public void AllToAll(
        nint send,
        ReadOnlySpan<int> sendCounts,
        nint receive,
        ReadOnlySpan<int> receiveCounts,
        long rowBytes,
        IComputeStream stream)
    {
        fixed (int* sends = sendCounts)
        fixed (int* receives = receiveCounts)
        {
            var mine = Arguments(Collective.AllToAll, send, receive, rowBytes, stream);
            mine.SetSends(sends, sendCounts.Length);
            mine.SetReceives(receives, receiveCounts.Length);
            Begin(mine);
            var target = receive;
            for (var r = 0; r < Size; r++)
            {
                var source = announced[r].Send + (nint)(RowsBefore(announced[r].Sends, rank) * rowBytes);
                CopyBytes(source, target, receiveCounts[r] * rowBytes);
                target += (nint)(receiveCounts[r] * rowBytes);
            }

            End();
        }
    }

    public void ExchangeHost(ReadOnlySpan<int> mine, Span<int> all)
    {
        fixed (int* sends = mine)
        fixed (int* receives = all)
        {
            var arguments = new CollectiveArguments { Operation = Collective.ExchangeHost, Memory = DeviceKind.Cpu };
            arguments.SetSends(sends, mine.Length);
            arguments.SetReceives(receives, all.Length);
            Begin(arguments);
            for (var r = 0; r < Size; r++)
            {
                announced[r].Sends.CopyTo(all[(r * mine.Length)..]);
            }

            End();
        }
    }

    public void Barrier()
    {
        var arguments = new CollectiveArguments { Operation = Collective.Barrier, Memory = DeviceKind.Cpu };
        Begin(arguments);
        End();
    }

    public void Dispose()
    {
        _disposed = true;
        rendezvous.Break(rank, "was disposed", null);
    }

    private static CollectiveArguments Arguments(
        Collective operation, nint send, nint receive, long rowSize, IComputeStream stream)
    {
        return new CollectiveArguments
        {
            Operation = operation,
            Send = send,
            Receive = receive,
            RowSize = rowSize,
            Memory = stream.Device.Traits.Id.Kind,
        };
    }

    private static long RowsBefore(ReadOnlySpan<int> counts, int rank)
    {
        long rows = 0;
        foreach (var count in counts[..rank])
        {
            rows += count;
        }

        return rows;
    }

    private static void CopyBytes(nint source, nint target, long bytes)
    {
        if (source != target)
        {
            Buffer.MemoryCopy((void*)source, (void*)target, bytes, bytes);
        }
    }

    private void Begin(in CollectiveArguments arguments)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        announced[rank] = arguments;
        rendezvous.Meet(arguments.Operation);
        if (CollectiveRules.FindProblem(announced) is { } problem)
        {
            End();
            throw new ArgumentException($"The ranks' calls of {arguments.Operation} do not match: {problem}.");
        }
    }

    // Nobody reuses a buffer, or announces the next call, while another rank still reads this one.
    private void End() => rendezvous.Meet(announced[rank].Operation);
}
