namespace FusedMoe.Conformance;

/// <summary>A call allocates nothing, a kernel no more than it says.</summary>
internal static class AllocationCases
{
    /// <summary>Ranks make the same number of calls, so the number is fixed.</summary>
    private const int Attempts = 20;

    /// <summary>Each buffer may be rounded up to a multiple of this.</summary>
    private const int Rounding = 512;

    public static void AddTo(CaseList list, LayerRun run)
    {
        list.Add(
            CaseGroups.Allocation,
            "managed-heap",
            "A call allocates nothing on the managed heap.",
            scope => Managed(scope, run));
        list.Add(CaseGroups.Allocation, "device", "A call allocates no device memory.", scope => Device(scope, run));
        list.Add(
            CaseGroups.Allocation,
            "buffers-reported",
            "A kernel takes no more device memory than its buffer report says.",
            scope => Reported(scope, run));
    }

    /// <summary>
    /// The quietest of several calls counts, on the caller's thread and in the whole process: the runtime itself may
    /// allocate now and then, a call that allocates does so every time, and worker threads cannot hide theirs.
    /// </summary>
    private static string Managed(CaseScope scope, LayerRun run)
    {
        RankGroup.Run(scope, run, kernel =>
        {
            for (var i = 0; i < 3; i++)
            {
                kernel.Kernel.Apply(kernel.Call, kernel.Stream);
            }

            var (onThread, inProcess) = (long.MaxValue, long.MaxValue);
            for (var i = 0; i < Attempts; i++)
            {
                var call = kernel.Call;
                var process = GC.GetTotalAllocatedBytes(precise: true);
                var thread = GC.GetAllocatedBytesForCurrentThread();
                kernel.Kernel.Apply(call, kernel.Stream);
                onThread = Math.Min(onThread, GC.GetAllocatedBytesForCurrentThread() - thread);
                inProcess = Math.Min(inProcess, GC.GetTotalAllocatedBytes(precise: true) - process);
            }

            kernel.Stream.Synchronize();
            RequireNone(run, "on the caller's thread", onThread);
            RequireNone(run, "on all threads", run.Topology.Ranks == 1 ? inProcess : 0);
            return 0;
        });
        return "0 bytes a call after warming up";
    }

    private static void RequireNone(LayerRun run, string where, long bytes)
    {
        if (bytes > 0)
        {
            throw new CaseFailedException($"{run}: a call must allocate 0 bytes {where}, got {bytes}.");
        }
    }

    private static string Device(CaseScope scope, LayerRun run)
    {
        if (run.Topology.Ranks > 1)
        {
            throw new CaseNotApplicableException(
                "Ranks share one device object, so their allocations cannot be told apart.");
        }

        RankGroup.Run(scope, run, kernel =>
        {
            kernel.Run();
            var before = scope.Context.Device.AllocatedBytes;
            kernel.Run();
            var grown = scope.Context.Device.AllocatedBytes - before;
            RequireNone(run, "of device memory", Math.Abs(grown));
            return 0;
        });
        return "device memory unchanged by a call";
    }

    private static string Reported(CaseScope scope, LayerRun run)
    {
        if (run.Topology.Ranks > 1)
        {
            throw new CaseNotApplicableException(
                "Ranks share one device object, so their allocations cannot be told apart.");
        }

        var (taken, reported) = (0L, 0L);
        RankGroup.Run(scope, run, kernel =>
        {
            kernel.Run();
            var buffers = kernel.Kernel.Buffers;
            (taken, reported) = (kernel.BytesTaken, buffers.Sum(b => b.Bytes + Rounding));
            return 0;
        });
        return taken <= reported
            ? $"{taken} bytes taken, {reported} reported"
            : throw new CaseFailedException(
                $"{run}: a kernel must take at most the {reported} bytes of its report, it took {taken}.");
    }
}
