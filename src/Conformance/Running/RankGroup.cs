using System.Runtime.ExceptionServices;

namespace FusedMoe.Conformance;

/// <summary>
/// Runs the same body on every rank: one thread a rank when ranks communicate, one after the other otherwise.
/// </summary>
internal static class RankGroup
{
    /// <summary>Every rank's result, in rank order.</summary>
    public static T[] Run<T>(CaseScope scope, LayerRun run, Func<RankKernel, T> body) =>
        Run(scope, run, (rankScope, rank, communicator) =>
        {
            using var kernel = new RankKernel(rankScope, run, rank, communicator);
            return body(kernel);
        });

    /// <summary>
    /// As the other, without a kernel: scope, rank and communicator (null when ranks do not communicate).
    /// </summary>
    public static T[] Run<T>(CaseScope scope, LayerRun run, Func<CaseScope, int, ICommunicator?, T> body)
    {
        var ranks = run.Topology.Ranks;
        var results = new T[ranks];
        if (!run.Topology.Communicates)
        {
            for (var rank = 0; rank < ranks; rank++)
            {
                scope.ThrowIfCancelled();
                using var rankScope = scope.Fork();
                results[rank] = body(rankScope, rank, null);
            }

            return results;
        }

        var communicators = CreateGroup(scope.Context, ranks);
        var errors = new Exception?[ranks];
        var threads = Enumerable.Range(0, ranks).Select(rank => Start(rank, () =>
        {
            try
            {
                using var rankScope = scope.Fork();
                results[rank] = body(rankScope, rank, communicators[rank]);
            }
#pragma warning disable CA1031 // Whatever a rank throws is rethrown on the case's thread.
            catch (Exception error)
#pragma warning restore CA1031
            {
                errors[rank] = error;
                communicators[rank].Dispose();
            }
        })).ToArray();
        Join(threads, scope.Context.Options.RankTimeout, errors, communicators);
        Rethrow(errors);
        return results;
    }

    private static IReadOnlyList<ICommunicator> CreateGroup(SuiteContext context, int ranks)
    {
        var factory = context.DeviceServices<ICommunicatorGroupFactory>().FirstOrDefault()
            ?? throw new CaseNotApplicableException(
                "Ranks in one process need a communicator group factory for the device, none is registered.");
        return factory.CreateGroup(ranks);
    }

    private static Thread Start(int rank, Action body)
    {
        var thread = new Thread(() => body()) { IsBackground = true, Name = $"conformance rank {rank}" };
        thread.Start();
        return thread;
    }

    private static void Join(
        Thread[] threads, TimeSpan timeout, Exception?[] errors, IReadOnlyList<ICommunicator> communicators)
    {
        var deadline = DateTime.UtcNow + timeout;
        for (var rank = 0; rank < threads.Length; rank++)
        {
            var left = deadline - DateTime.UtcNow;
            if (!threads[rank].Join(left > TimeSpan.Zero ? left : TimeSpan.Zero))
            {
                errors[rank] ??= new CaseFailedException(
                    $"Rank {rank} of {threads.Length} must finish within {timeout.TotalSeconds:F0} s, "
                    + "it is still running.");
                communicators[rank].Dispose();
            }
        }
    }

    /// <summary>The first error that is not another rank's echo.</summary>
    private static void Rethrow(Exception?[] errors)
    {
        var error = errors.FirstOrDefault(e => e is not (null or CommunicatorException))
            ?? errors.FirstOrDefault(e => e is not null);
        if (error is not null)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }
}
