using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace FusedMoe.Cpu;

/// <summary>
/// Threads that share loops with their caller. A loop allocates nothing and returns when all of it is done; one loop
/// runs at a time, and a caller that finds the pool busy (another rank's thread, or a loop inside a loop) does its
/// whole loop itself as worker 0. The caller is worker 0 of its own loop.
/// </summary>
public sealed unsafe class WorkerPool : IDisposable
{
    // About 20 to 40 µs of spinning: longer than the gap between two loops of one layer, shorter than a time slice.
    private const int SpinsBeforeSleep = 1000;

    private readonly Thread[] _threads;
    private readonly Lock _loopLock = new();
    private readonly object _sleepLock = new();
    private delegate*<void*, int, int, int, void> _invoke;
    private void* _body;
    private int _count;
    private int _grain;
    private int _next;
    private int _pending;
    private int _epoch;
    private int _sleepers;
    private Exception? _failure;
    private volatile bool _stopping;

    /// <summary>
    /// A pool of <paramref name="workers"/> workers, the caller included; most code wants <see cref="Shared"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 1 worker.</exception>
    public WorkerPool(int workers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        WorkerCount = workers;
        _threads = new Thread[workers - 1];
        for (var i = 0; i < _threads.Length; i++)
        {
            var worker = i + 1;
            _threads[i] = new Thread(() => Serve(worker)) { IsBackground = true, Name = $"FusedMoe worker {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>The process-wide pool: one worker a processor.</summary>
    public static WorkerPool Shared { get; } = new(Environment.ProcessorCount);

    /// <summary>Workers, the caller included.</summary>
    public int WorkerCount { get; }

    /// <summary>The pool of a device, or <see cref="Shared"/> for a device that has none.</summary>
    public static WorkerPool Of(IComputeDevice device) => device is CpuDevice cpu ? cpu.Workers : Shared;

    /// <summary>
    /// Runs <paramref name="body"/> over [0, <paramref name="count"/>), worker w taking count·w/W to count·(w + 1)/W
    /// - 1. The split depends on the number of workers, so an index's result must not depend on its range.
    /// </summary>
    public void ParallelFor<TBody>(int count, ref TBody body)
        where TBody : struct, IWorkerBody => Run(count, 0, ref body);

    /// <summary>
    /// Runs <paramref name="body"/> over [0, <paramref name="count"/>) in chunks of <paramref name="grain"/> that
    /// workers take when they are free: for indices of uneven cost. Which worker takes which chunk is not repeatable.
    /// </summary>
    public void ParallelForDynamic<TBody>(int count, int grain, ref TBody body)
        where TBody : struct, IWorkerBody
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(grain, 1);
        Run(count, grain, ref body);
    }

    /// <summary>Ends the threads after the loop under way. Not for <see cref="Shared"/>.</summary>
    public void Dispose()
    {
        _stopping = true;
        lock (_sleepLock)
        {
            Monitor.PulseAll(_sleepLock);
        }

        foreach (var thread in _threads)
        {
            thread.Join();
        }
    }

    private static void Invoke<TBody>(void* body, int begin, int end, int worker)
        where TBody : struct, IWorkerBody => Unsafe.AsRef<TBody>(body).Execute(begin, end, worker);

    private void Run<TBody>(int count, int grain, ref TBody body)
        where TBody : struct, IWorkerBody
    {
        if (count <= 0)
        {
            return;
        }

        var chunks = grain == 0 ? count : ((count - 1) / grain) + 1;
        if (chunks == 1 || _threads.Length == 0 || _loopLock.IsHeldByCurrentThread || !_loopLock.TryEnter())
        {
            body.Execute(0, count, 0);
            return;
        }

        try
        {
            // On this stack the copy stays where it is while workers hold its address; a field of an object could move.
            var local = body;
            Share(count, grain, &Invoke<TBody>, Unsafe.AsPointer(ref local));
            body = local;
        }
        finally
        {
            _loopLock.Exit();
        }
    }

    private void Share(int count, int grain, delegate*<void*, int, int, int, void> invoke, void* body)
    {
        (_count, _grain, _next, _failure) = (count, grain, 0, null);
        _invoke = invoke;
        _body = body;
        Volatile.Write(ref _pending, _threads.Length);
        Interlocked.Increment(ref _epoch);
        if (Volatile.Read(ref _sleepers) > 0)
        {
            lock (_sleepLock)
            {
                Monitor.PulseAll(_sleepLock);
            }
        }

        DoPart(0);
        var spinner = default(SpinWait);
        while (Volatile.Read(ref _pending) != 0)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }

        _body = null;
        if (_failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private void DoPart(int worker)
    {
        try
        {
            if (_grain == 0)
            {
                var begin = (int)((long)_count * worker / WorkerCount);
                var end = (int)((long)_count * (worker + 1) / WorkerCount);
                if (begin < end)
                {
                    _invoke(_body, begin, end, worker);
                }

                return;
            }

            long chunk;
            while ((chunk = (long)(Interlocked.Increment(ref _next) - 1) * _grain) < _count)
            {
                _invoke(_body, (int)chunk, (int)Math.Min(chunk + _grain, _count), worker);
            }
        }
#pragma warning disable CA1031 // Whatever a body throws belongs to the loop's caller, not to this thread.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, e, null);
        }
    }

    private void Serve(int worker)
    {
        var seen = 0;
        while (WaitForLoop(seen))
        {
            seen = Volatile.Read(ref _epoch);
            DoPart(worker);
            Interlocked.Decrement(ref _pending);
        }
    }

    private bool WaitForLoop(int seen)
    {
        for (var i = 0; i < SpinsBeforeSleep && Volatile.Read(ref _epoch) == seen && !_stopping; i++)
        {
            Thread.SpinWait(8);
        }

        if (Volatile.Read(ref _epoch) == seen && !_stopping)
        {
            lock (_sleepLock)
            {
                // Announced before the epoch is read again: a caller either sees the sleeper or is seen here.
                Interlocked.Increment(ref _sleepers);
                while (Volatile.Read(ref _epoch) == seen && !_stopping)
                {
                    Monitor.Wait(_sleepLock);
                }

                Interlocked.Decrement(ref _sleepers);
            }
        }

        return !_stopping;
    }
}
