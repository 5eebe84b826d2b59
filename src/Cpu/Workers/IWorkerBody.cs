namespace FusedMoe.Cpu;

/// <summary>The body of a parallel loop, implemented by a struct so that a loop allocates nothing.</summary>
public interface IWorkerBody
{
    /// <summary>Does the work of indices <paramref name="begin"/> to <paramref name="end"/> - 1.</summary>
    /// <param name="begin">First index.</param>
    /// <param name="end">One past the last index.</param>
    /// <param name="worker">
    /// Which worker runs it, 0 to <see cref="WorkerPool.WorkerCount"/> - 1; no two run at the same time with the same
    /// value within one loop, so it may pick scratch.
    /// </param>
    void Execute(int begin, int end, int worker);
}
