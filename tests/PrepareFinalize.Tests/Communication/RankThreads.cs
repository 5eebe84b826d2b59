namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>
/// Runs a body on one thread a rank; a rank that throws disposes its communicator, as a failing host would.
/// </summary>
internal static class RankThreads
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs all ranks of a new group and returns each rank's error, or null.</summary>
    public static Exception?[] Run(int ranks, Action<ICommunicator> body)
    {
        using var group = new InProcessCommunicatorGroup(ranks);
        return Run(group, body);
    }

    /// <summary>Runs all ranks of <paramref name="group"/> and returns each rank's error, or null.</summary>
    public static Exception?[] Run(InProcessCommunicatorGroup group, Action<ICommunicator> body)
    {
        var errors = new Exception?[group.Count];
        var threads = group.Select(communicator => new Thread(() =>
        {
            try
            {
                body(communicator);
            }
            catch (Exception e)
            {
                errors[communicator.Rank] = e;
                communicator.Dispose();
            }
        })).ToArray();
        foreach (var thread in threads)
        {
            thread.IsBackground = true;
            thread.Start();
        }

        foreach (var thread in threads)
        {
            Assert.That(thread.Join(Patience), Is.True, "A rank still waits: the group is in a deadlock.");
        }

        return errors;
    }

    /// <summary>Runs all ranks of a new group and fails the test with the first error.</summary>
    public static void RunAll(int ranks, Action<ICommunicator> body)
    {
        var errors = Run(ranks, body);
        Assert.That(errors, Is.All.Null, string.Join(Environment.NewLine, errors.Where(e => e is not null)));
    }
}
