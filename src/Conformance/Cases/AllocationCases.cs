namespace FusedMoe.Conformance;

/// <summary>A call allocates nothing, a kernel no more than it says.</summary>
internal static class AllocationCases
{
    private const int Attempts = 20;

    /// <summary>Calls of a rank that is alone, until one is quiet.</summary>
    private const int MostAttempts = 400;

    /// <summary>Each buffer may be rounded up to a multiple of this.</summary>
    private const int Rounding = 512;

    /// <summary>Weights in a layout of the backend's own, which only a build makes.</summary>
    private const string PreparedWeights = "weights prepared";

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
            "A kernel takes the device memory that its buffer report says, and no more.",
            scope => Reported(scope, run));
        list.Add(
            CaseGroups.Allocation,
            "buffers-measured",
            "Measuring a plan gives the buffers that its kernel has.",
            scope => Measured(scope, run));
        if (list.Context.Device.Traits.CanCaptureGraphs && (run with { GraphCapture = true }).IsAccepted(list.Context))
        {
            list.Add(
                CaseGroups.Allocation,
                "device-captured",
                "Capturing a call and replaying it takes no device memory beyond the kernel's.",
                scope => Captured(scope, run with { GraphCapture = true }));
        }
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

            // Other threads of the process allocate too: one call without any allocation shows that a call needs none. Several
            // ranks wait for each other in every call, so theirs is a fixed number.
            var most = run.Topology.Ranks == 1 ? MostAttempts : Attempts;
            var (onThread, inProcess) = (long.MaxValue, long.MaxValue);
            for (var i = 0; i < Attempts || (inProcess > 0 && i < most); i++)
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
        RequireOneRank(run);
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

    private static string Captured(CaseScope scope, LayerRun run)
    {
        RequireOneRank(run);
        RankGroup.Run(scope, run, kernel =>
        {
            kernel.Run();
            var before = scope.Context.Device.AllocatedBytes;
            var call = kernel.Call;
            using var graph = kernel.Stream.Capture(stream => kernel.Kernel.Apply(call, stream));
            RequireNone(run, "of device memory while it is captured", Math.Abs(scope.Context.Device.AllocatedBytes - before));
            for (var i = 0; i < 3; i++)
            {
                graph.Launch(kernel.Stream);
            }

            kernel.Stream.Synchronize();
            RequireNone(run, "of device memory when replayed", Math.Abs(scope.Context.Device.AllocatedBytes - before));
            return 0;
        });
        return "device memory unchanged by a capture and three replays";
    }

    private static string Reported(CaseScope scope, LayerRun run)
    {
        RequireOneRank(run);
        var taken = 0L;
        IReadOnlyList<BufferReport> buffers = [];
        RankGroup.Run(scope, run, kernel =>
        {
            kernel.Run();
            (taken, buffers) = (kernel.BytesTaken, kernel.Kernel.Buffers);
            return 0;
        });

        // Weights of a backend's own layout may lie outside the device's memory.
        var least = buffers.Where(b => !IsPrepared(b)).Sum(b => b.Bytes);
        var most = buffers.Sum(b => b.Bytes + Rounding);
        return taken >= least && taken <= most
            ? $"{taken} bytes taken, {buffers.Sum(b => b.Bytes)} reported"
            : throw new CaseFailedException(
                $"{run}: a kernel must take the {least} to {most} bytes of its report, it took {taken}.");
    }

    private static string Measured(CaseScope scope, LayerRun run)
    {
        RequireOneRank(run);
        var (asked, built) = RankGroup.Run(scope, run, (rankScope, rank, communicator) =>
        {
            var options = new KernelBuildOptions { Device = scope.Context.Device, Communicator = communicator };
            var measured = scope.Context.Composer.Measure(run.Plan(scope.Context, rank), options);
            using var kernel = new RankKernel(rankScope, run, rank, communicator);
            return (measured, kernel.Kernel.Buffers.Where(b => !IsPrepared(b)).ToArray());
        })[0];
        return asked.SequenceEqual(built)
            ? $"{asked.Count} buffers, {asked.Sum(b => b.Bytes)} bytes"
            : throw new CaseFailedException(
                $"{run}: the kernel's buffers must be the measured {Text(asked)}, got {Text(built)}.");
    }

    private static bool IsPrepared(BufferReport buffer) => buffer.Name.Contains(PreparedWeights, StringComparison.Ordinal);

    private static string Text(IEnumerable<BufferReport> buffers) =>
        string.Join(", ", buffers.Select(b => $"{b.Name} {b.Bytes}"));

    private static void RequireOneRank(LayerRun run)
    {
        if (run.Topology.Ranks > 1)
        {
            throw new CaseNotApplicableException(
                "Ranks share one device object, so their allocations cannot be told apart.");
        }
    }
}
