namespace FusedMoe.Cpu.Tests.Workers;

public sealed class WorkerPoolTests
{
    [TestCase(1, 10)]
    [TestCase(2, 1)]
    [TestCase(3, 1000)]
    [TestCase(4, 3)]
    [TestCase(4, 0)]
    public void ParallelFor_AnyCount_VisitsEveryIndexOnce(int workers, int count)
    {
        using var pool = new WorkerPool(workers);
        var body = new CountBody { Visits = new int[count] };

        for (var round = 0; round < 50; round++)
        {
            pool.ParallelFor(count, ref body);
        }

        Assert.That(body.Visits, Is.All.EqualTo(50));
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(5000)]
    public void ParallelForDynamic_AnyGrain_VisitsEveryIndexOnce(int grain)
    {
        using var pool = new WorkerPool(4);
        var body = new CountBody { Visits = new int[1001] };

        pool.ParallelForDynamic(1001, grain, ref body);

        Assert.That(body.Visits, Is.All.EqualTo(1));
    }

    [Test]
    public void ParallelFor_StaticSplit_GivesEachWorkerItsShare()
    {
        using var pool = new WorkerPool(3);
        var body = new OwnerBody { Owners = new int[10] };

        pool.ParallelFor(10, ref body);

        Assert.That(body.Owners, Is.EqualTo(new[] { 0, 0, 0, 1, 1, 1, 2, 2, 2, 2 }));
    }

    [Test]
    public void ParallelFor_SeveralCallers_AllFinish()
    {
        using var pool = new WorkerPool(3);
        var bodies = Enumerable.Range(0, 4).Select(_ => new CountBody { Visits = new int[257] }).ToArray();
        var threads = Enumerable.Range(0, 4).Select(i => new Thread(() =>
        {
            for (var round = 0; round < 200; round++)
            {
                pool.ParallelFor(257, ref bodies[i]);
            }
        })).ToArray();

        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());

        Assert.That(bodies.SelectMany(b => b.Visits), Is.All.EqualTo(200));
    }

    [Test]
    public void ParallelFor_InsideALoop_RunsInline()
    {
        using var pool = new WorkerPool(2);
        var body = new NestedBody { Pool = pool, Visits = new int[4 * 8] };

        pool.ParallelFor(4, ref body);

        Assert.That(body.Visits, Is.All.EqualTo(1));
    }

    [Test]
    public void ParallelFor_BodyThrows_RethrowsAndStaysUsable()
    {
        using var pool = new WorkerPool(3);
        var failing = new FailingBody();
        var body = new CountBody { Visits = new int[9] };

        Assert.That(
            () => pool.ParallelFor(9, ref failing), Throws.InvalidOperationException.With.Message.EqualTo("index 8"));
        pool.ParallelFor(9, ref body);

        Assert.That(body.Visits, Is.All.EqualTo(1));
    }

    [Test]
    [Retry(3)] // The runtime itself may allocate once on a thread; what a call allocates fails every time.
    public void ParallelFor_AfterTheFirstCall_AllocatesNothing()
    {
        using var pool = new WorkerPool(3);
        var body = new CountBody { Visits = new int[100] };
        pool.ParallelFor(100, ref body);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            pool.ParallelFor(100, ref body);
            pool.ParallelForDynamic(100, 3, ref body);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void ParallelFor_AfterThreadsSlept_WakesThem()
    {
        using var pool = new WorkerPool(4);
        var body = new CountBody { Visits = new int[64] };

        for (var round = 0; round < 5; round++)
        {
            Thread.Sleep(30);
            pool.ParallelFor(64, ref body);
        }

        Assert.That(body.Visits, Is.All.EqualTo(5));
    }

    private struct CountBody : IWorkerBody
    {
        public int[] Visits;

        public readonly void Execute(int begin, int end, int worker)
        {
            for (var i = begin; i < end; i++)
            {
                Interlocked.Increment(ref Visits[i]);
            }
        }
    }

    private struct OwnerBody : IWorkerBody
    {
        public int[] Owners;

        public readonly void Execute(int begin, int end, int worker) => Owners.AsSpan(begin, end - begin).Fill(worker);
    }

    private struct NestedBody : IWorkerBody
    {
        public WorkerPool Pool;
        public int[] Visits;

        public readonly void Execute(int begin, int end, int worker)
        {
            for (var i = begin; i < end; i++)
            {
                var inner = new CountBody { Visits = new int[8] };
                Pool.ParallelFor(8, ref inner);
                inner.Visits.CopyTo(Visits, i * 8);
            }
        }
    }

    private struct FailingBody : IWorkerBody
    {
        public readonly void Execute(int begin, int end, int worker)
        {
            if (end == 9)
            {
                throw new InvalidOperationException("index 8");
            }
        }
    }
}
