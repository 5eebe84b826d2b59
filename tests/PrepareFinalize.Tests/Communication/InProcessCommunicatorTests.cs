using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize.Tests;

public sealed unsafe class InProcessCommunicatorTests
{
    private readonly CpuDevice _device = new();
    private IComputeStream _stream = null!;

    [OneTimeSetUp]
    public void CreateStream() => _stream = _device.CreateStream();

    [OneTimeTearDown]
    public void DisposeDevice()
    {
        _stream.Dispose();
        _device.Dispose();
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(4)]
    public void AllGather_UnevenRows_EveryRankGetsAllInRankOrder(int ranks)
    {
        var counts = Enumerable.Range(0, ranks).Select(r => (r * 2) % 3).ToArray();
        var expected = Enumerable.Range(0, ranks)
            .SelectMany(r => Enumerable.Range(0, counts[r] * 2).Select(i => (100 * r) + i))
            .ToArray();

        RankThreads.RunAll(ranks, communicator =>
        {
            var mine = Enumerable.Range(0, counts[communicator.Rank] * 2).Select(i => (100 * communicator.Rank) + i).ToArray();
            var all = new int[expected.Length];
            fixed (int* send = mine)
            fixed (int* receive = all)
            {
                communicator.AllGather((nint)send, (nint)receive, 2 * sizeof(int), counts, _stream);
            }

            Assert.That(all, Is.EqualTo(expected));
        });
    }

    [Test]
    public void ReduceScatter_Float32_AddsInRankOrder()
    {
        var outputs = Reduce([[1e8f, 1f], [-1e8f, 1e8f], [1f, -1e8f]], [1, 1, 0]);

        Assert.That(outputs, Is.EqualTo(new[] { new[] { 1f }, [0f], [] }));
    }

    [Test]
    public void ReduceScatter_BFloat16_RoundsOnceAtTheEnd()
    {
        // bf16 has a spacing of 2 at 256, so adding 1 twice in bf16 gives 256 and in float32 gives 258.
        var terms = new[] { 256f, 1f, 1f }.Select(NumberFormats.SingleToBFloat16).ToArray();

        RankThreads.RunAll(3, communicator =>
        {
            var send = terms[communicator.Rank];
            ushort sum = 0;
            communicator.ReduceScatter((nint)(&send), (nint)(&sum), 1, DType.BFloat16, [0, 1, 0], _stream);

            Assert.That(NumberFormats.BFloat16ToSingle(sum), Is.EqualTo(communicator.Rank == 1 ? 258f : 0f));
        });
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(4)]
    public void AllToAll_UnevenRuns_EachLandsAtItsSource(int ranks)
    {
        RankThreads.RunAll(ranks, communicator =>
        {
            var me = communicator.Rank;
            var sends = Enumerable.Range(0, ranks).Select(to => Rows(me, to)).ToArray();
            var receives = Enumerable.Range(0, ranks).Select(from => Rows(from, me)).ToArray();
            var send = Enumerable.Range(0, ranks).SelectMany(to => Enumerable.Repeat((10 * me) + to, sends[to])).ToArray();
            var receive = new int[receives.Sum()];
            fixed (int* from = send)
            fixed (int* to = receive)
            {
                communicator.AllToAll((nint)from, sends, (nint)to, receives, sizeof(int), _stream);
            }

            var expected = Enumerable.Range(0, ranks).SelectMany(from => Enumerable.Repeat((10 * from) + me, receives[from]));
            Assert.That(receive, Is.EqualTo(expected));
        });

        static int Rows(int from, int to) => ((from * 3) + (to * 2)) % 4;
    }

    [Test]
    public void ExchangeHost_TwoIntegersARank_FormsAMatrix() => RankThreads.RunAll(3, communicator =>
    {
        Span<int> all = stackalloc int[6];
        communicator.ExchangeHost([communicator.Rank, -communicator.Rank], all);

        Assert.That(all.ToArray(), Is.EqualTo(new[] { 0, 0, 1, -1, 2, -2 }));
    });

    [Test]
    public void AllGather_CountsDiffer_ThrowsTheSameOnAllRanksAndGoesOn()
    {
        var messages = new string[2];
        RankThreads.RunAll(2, communicator =>
        {
            var room = stackalloc int[8];
            int[] counts = [1, 1 + communicator.Rank];
            messages[communicator.Rank] = Assert.Throws<ArgumentException>(
                () => communicator.AllGather((nint)room, (nint)(room + 1), sizeof(int), counts, _stream))!.Message;
            communicator.Barrier();
        });

        Assert.That(messages, Is.All.EqualTo(
            "The ranks' calls of AllGather do not match: counts must be the same on all ranks, "
            + "got [1, 1] on rank 0 and [1, 2] on rank 1."));
    }

    [Test]
    public void AllToAll_ReceiverExpectsAnotherCount_NamesBothRanks()
    {
        var errors = RankThreads.Run(2, communicator =>
        {
            var value = 7L;
            int[] receives = communicator.Rank == 1 ? [1, 0] : [0, 0];
            communicator.AllToAll((nint)(&value), [0, 0], (nint)(&value), receives, sizeof(int), _stream);
        });

        Assert.That(errors.Select(e => e?.Message), Is.All.EqualTo(
            "The ranks' calls of AllToAll do not match: rank 1 must receive the 0 rows that rank 0 sends it, got room for 1."));
    }

    [Test]
    public void Barrier_OtherRankGathers_NamesBothCollectives()
    {
        var errors = RankThreads.Run(2, communicator =>
        {
            if (communicator.Rank == 0)
            {
                communicator.Barrier();
            }
            else
            {
                communicator.ExchangeHost([1], new int[2]);
            }
        });

        Assert.That(errors, Is.All.TypeOf<ArgumentException>());
        Assert.That(errors[0]!.Message, Does.Contain("got Barrier on rank 0 and ExchangeHost on rank 1"));
    }

    [Test]
    public void Barrier_OtherRankThrows_WakesWithItsRank()
    {
        var errors = RankThreads.Run(4, communicator =>
        {
            if (communicator.Rank == 2)
            {
                throw new InvalidDataException("broken");
            }

            communicator.Barrier();
        });

        Assert.That(errors[2], Is.TypeOf<InvalidDataException>());
        Assert.That(errors.Where((_, r) => r != 2), Is.All.TypeOf<CommunicatorException>());
        Assert.That(errors.OfType<CommunicatorException>().Select(e => e.FailedRank), Is.All.EqualTo(2));
    }

    [Test]
    public void Fail_OthersWait_CarriesTheCause()
    {
        using var group = new InProcessCommunicatorGroup(2);
        var cause = new InvalidDataException("no disk");
        var errors = RankThreads.Run(group, communicator =>
        {
            if (communicator.Rank == 0)
            {
                group.Fail(0, cause);
            }
            else
            {
                communicator.Barrier();
            }
        });

        Assert.That(errors[1]!.InnerException, Is.SameAs(cause));
        Assert.That(
            errors[1]!.Message, Is.EqualTo("Barrier needs every rank, but rank 0 failed (no disk); create a new group."));
    }

    [Test]
    public void Dispose_AfterTheLastCollective_DoesNotFailSlowerRanks()
    {
        for (var round = 0; round < 200; round++)
        {
            RankThreads.RunAll(2, communicator =>
            {
                communicator.Barrier();
                communicator.Dispose();
            });
        }
    }

    [Test]
    public void Barrier_AfterDispose_ThrowsObjectDisposed()
    {
        using var group = new InProcessCommunicatorGroup(1);
        group[0].Dispose();

        Assert.Throws<ObjectDisposedException>(() => group[0].Barrier());
    }

    [Test]
    public void Constructor_NoRanks_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _ = new InProcessCommunicatorGroup(0));

    [Test]
    public void Collectives_AfterWarmUp_AllocateNothing() => RankThreads.RunAll(2, communicator =>
    {
        var data = stackalloc float[4];
        var result = stackalloc float[8];
        Span<int> counts = stackalloc int[] { 2, 2 };
        Span<int> all = stackalloc int[4];
        long before = 0;
        for (var round = 0; round < 50; round++)
        {
            before = round == 10 ? GC.GetAllocatedBytesForCurrentThread() : before;
            communicator.AllGather((nint)data, (nint)result, sizeof(float), counts, _stream);
            communicator.ReduceScatter((nint)data, (nint)result, 1, DType.Float32, counts, _stream);
            communicator.AllToAll((nint)data, counts, (nint)result, counts, sizeof(float), _stream);
            communicator.ExchangeHost(counts, all);
            communicator.Barrier();
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    });

    private float[][] Reduce(float[][] inputs, int[] counts)
    {
        var outputs = new float[inputs.Length][];
        RankThreads.RunAll(inputs.Length, communicator =>
        {
            var output = new float[counts[communicator.Rank]];
            fixed (float* send = inputs[communicator.Rank])
            fixed (float* receive = output)
            {
                communicator.ReduceScatter((nint)send, (nint)receive, 1, DType.Float32, counts, _stream);
            }

            outputs[communicator.Rank] = output;
        });
        return outputs;
    }
}
