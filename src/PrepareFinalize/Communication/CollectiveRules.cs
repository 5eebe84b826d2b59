namespace FusedMoe.PrepareFinalize;

/// <summary>
/// What must hold between the arguments of all ranks. Every rank checks the same announcements, so all of them come to
/// the same sentence and none waits for another that has thrown.
/// </summary>
internal static class CollectiveRules
{
    /// <summary>The first rule that is broken, in words; null when the collective can run.</summary>
    public static string? FindProblem(ReadOnlySpan<CollectiveArguments> ranks)
    {
        ref readonly var first = ref ranks[0];
        for (var r = 0; r < ranks.Length; r++)
        {
            ref readonly var other = ref ranks[r];
            if (other.Operation != first.Operation)
            {
                return "all ranks must call the same collective, "
                    + $"got {first.Operation} on rank 0 and {other.Operation} on rank {r}";
            }

            if (other.Memory != DeviceKind.Cpu)
            {
                return $"the stream of an in-process group must be of the cpu, got {other.Memory} on rank {r}";
            }

            if (other.RowSize != first.RowSize || other.DType != first.DType || other.RowSize < 0)
            {
                return "rows must have one type and one size of at least 0 on all ranks, "
                    + $"got {Row(first)} on rank 0 and {Row(other)} on rank {r}";
            }
        }

        return first.Operation switch
        {
            Collective.AllGather or Collective.ReduceScatter => SharedCounts(ranks),
            Collective.AllToAll => PairedCounts(ranks),
            Collective.ExchangeHost => Vectors(ranks),
            _ => null,
        };
    }

    private static string Row(in CollectiveArguments rank) => rank.Operation == Collective.ReduceScatter
        ? $"{rank.RowSize} x {rank.DType.Name()}"
        : $"{rank.RowSize} bytes";

    private static string? SharedCounts(ReadOnlySpan<CollectiveArguments> ranks)
    {
        if (ranks[0].Operation == Collective.ReduceScatter && !ranks[0].DType.IsActivation())
        {
            return $"elements to add must be float32, bf16 or fp16, got {ranks[0].DType.Name()}";
        }

        for (var r = 0; r < ranks.Length; r++)
        {
            var problem = Length("counts", ranks[r].Sends, ranks.Length, r);
            if (problem is not null)
            {
                return problem;
            }

            if (!ranks[r].Sends.SequenceEqual(ranks[0].Sends))
            {
                return "counts must be the same on all ranks, "
                    + $"got {List(ranks[0].Sends)} on rank 0 and {List(ranks[r].Sends)} on rank {r}";
            }

            problem = Buffers(ranks[r], r, ranks[0].Operation == Collective.AllGather);
            if (problem is not null)
            {
                return problem;
            }
        }

        return null;
    }

    private static string? Buffers(in CollectiveArguments rank, int r, bool sendsOwnRows)
    {
        long all = 0;
        foreach (var count in rank.Sends)
        {
            all += count;
        }

        var sent = sendsOwnRows ? rank.Sends[r] : all;
        var received = sendsOwnRows ? all : rank.Sends[r];
        return Given("send", rank.Send, sent * rank.RowSize, r)
            ?? Given("receive", rank.Receive, received * rank.RowSize, r);
    }

    private static string? PairedCounts(ReadOnlySpan<CollectiveArguments> ranks)
    {
        for (var r = 0; r < ranks.Length; r++)
        {
            var problem = Length("send counts", ranks[r].Sends, ranks.Length, r)
                ?? Length("receive counts", ranks[r].Receives, ranks.Length, r);
            if (problem is not null)
            {
                return problem;
            }
        }

        for (var from = 0; from < ranks.Length; from++)
        {
            for (var to = 0; to < ranks.Length; to++)
            {
                var (sent, expected) = (ranks[from].Sends[to], ranks[to].Receives[from]);
                if (sent != expected)
                {
                    return $"rank {to} must receive the {sent} rows that rank {from} sends it, got room for {expected}";
                }

                var problem = Given("send", ranks[from].Send, sent * ranks[from].RowSize, from)
                    ?? Given("receive", ranks[to].Receive, sent * ranks[to].RowSize, to);
                if (problem is not null)
                {
                    return problem;
                }
            }
        }

        return null;
    }

    private static string? Vectors(ReadOnlySpan<CollectiveArguments> ranks)
    {
        for (var r = 0; r < ranks.Length; r++)
        {
            if (ranks[r].Sends.Length != ranks[0].Sends.Length)
            {
                return "vectors must have one length, "
                    + $"got {ranks[0].Sends.Length} on rank 0 and {ranks[r].Sends.Length} on rank {r}";
            }

            var room = (long)ranks[r].Sends.Length * ranks.Length;
            if (ranks[r].Receives.Length != room)
            {
                return $"the result must have room for {room} integers, got {ranks[r].Receives.Length} on rank {r}";
            }
        }

        return null;
    }

    private static string? Length(string name, ReadOnlySpan<int> counts, int ranks, int rank) =>
        counts.Length != ranks ? $"{name} must have {ranks} entries (one a rank), got {counts.Length} on rank {rank}"
        : counts.ContainsAnyInRange(int.MinValue, -1) ? $"{name} must be at least 0, got {List(counts)} on rank {rank}"
        : null;

    private static string? Given(string name, nint buffer, long bytes, int rank) =>
        buffer == 0 && bytes > 0 ? $"the {name} buffer must hold {bytes} bytes, got none on rank {rank}" : null;

    private static string List(ReadOnlySpan<int> counts) => $"[{string.Join(", ", counts.ToArray())}]";
}
