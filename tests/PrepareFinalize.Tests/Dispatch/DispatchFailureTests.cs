namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>What happens to the other ranks, and to the next call, when one rank cannot take part.</summary>
[TestFixture(AllToAllKind.AllGather)]
[TestFixture(AllToAllKind.AllToAll)]
[TestFixture(AllToAllKind.Batched)]
public sealed class DispatchFailureTests(AllToAllKind kind)
{
    private DispatchCase Layer => new() { Kind = kind, Tokens = [3, 5] };

    [Test]
    public void Prepare_MoreThanMaxTokens_IsRefusedOnAllRanksAndTheNextCallRuns()
    {
        var errors = new Exception?[2];
        var outputs = new float[2][];
        RankThreads.RunAll(2, communicator =>
        {
            using var rank = new ToyRank(Layer, communicator, communicator.Rank);
            var call = rank.PrepareCall(0, extraTokens: communicator.Rank == 0 ? 5 : 0);
            errors[communicator.Rank] = Assert.Catch(() => rank.Stage.Prepare(call, rank.Stream));
            outputs[communicator.Rank] = rank.Run();
        });

        Assert.That(errors[0], Is.TypeOf<ArgumentException>());
        Assert.That(
            errors[0]!.Message,
            Is.EqualTo("Tokens of one call must be at most 7, got 8; raise FusedMoe:Deployment:MaxTokens."));
        Assert.That(errors[1], Is.TypeOf<InvalidOperationException>());
        Assert.That(errors[1]!.Message, Is.EqualTo(
            "The prepare of all ranks was stopped because rank 0 could not start it; see the error of that rank."));
        DispatchRun.AssertAgrees(Layer, outputs, 1e-6);
    }

    [Test]
    public void Finalize_WrongExpertOutput_IsRefusedOnAllRanks()
    {
        var errors = RankThreads.Run(2, communicator =>
        {
            using var rank = new ToyRank(Layer, communicator, communicator.Rank);
            var call = rank.PrepareCall(0);
            var inputs = rank.Stage.Prepare(call, rank.Stream);
            var results = communicator.Rank == 1
                ? rank.Output().Reshape(new TensorShape(Layer.Hidden, 5))
                : rank.Experts.Apply(inputs);
            rank.Stage.Finalize(rank.FinalizeCall(call, inputs, results, rank.Output()), rank.Stream);
        });

        Assert.That(errors[1], Is.TypeOf<ArgumentException>());
        Assert.That(errors[1]!.Message, Does.StartWith("The experts' output must be contiguous"));
        Assert.That(errors[0], Is.TypeOf<InvalidOperationException>());
    }

    [Test]
    public void Finalize_ExpertsOfAnotherRankFailed_WakesWithItsRank()
    {
        var errors = RankThreads.Run(2, communicator =>
        {
            using var rank = new ToyRank(Layer, communicator, communicator.Rank);
            var call = rank.PrepareCall(0);
            var inputs = rank.Stage.Prepare(call, rank.Stream);
            if (communicator.Rank == 0)
            {
                throw new InvalidDataException("bad weights");
            }

            rank.Stage.Finalize(rank.FinalizeCall(call, inputs, rank.Experts.Apply(inputs), rank.Output()), rank.Stream);
        });

        Assert.That(errors[0], Is.TypeOf<InvalidDataException>());
        Assert.That((errors[1] as CommunicatorException)?.FailedRank, Is.Zero);
    }

    [Test]
    public void Prepare_RanksOfDifferentLayers_NamesTheFieldOnAllRanks()
    {
        var errors = RankThreads.Run(2, communicator =>
        {
            using var rank = new ToyRank(Layer with { Hidden = 24 + (8 * communicator.Rank) }, communicator, communicator.Rank);
            rank.Run();
        });

        Assert.That(errors.Select(e => e?.Message), Is.All.EqualTo(
            "The hidden size must be the same on all ranks, got 24 on rank 0 and 32 on rank 1."));
    }

    [Test]
    public void Prepare_ExpertOwnedTwice_NamesBothRanks()
    {
        int[][] owners = [[0, 0, 1, 1, 1, 1, 1, 1, 1], [0, 1, 1, 1, 1, 1, 1, 1, 1]];
        var errors = RankThreads.Run(2, communicator =>
        {
            using var rank = new ToyRank(Layer with { Owners = owners[communicator.Rank] }, communicator, communicator.Rank);
            rank.Run();
        });

        Assert.That(errors.Select(e => e?.Message), Is.All.EqualTo(
            "Expert 1 must be mapped by one rank, got ranks 0 and 1; correct their expert maps."));
    }

    [Test]
    public void Finalize_WithoutPrepare_IsRefused() => Alone(rank =>
    {
        var call = rank.PrepareCall(0);
        var error = Assert.Throws<InvalidOperationException>(
            () => rank.Stage.Finalize(rank.FinalizeCall(call, default, rank.Output(), rank.Output()), rank.Stream));

        Assert.That(error!.Message, Is.EqualTo("The finalize of a lane must follow the lane's prepare."));
    });

    [Test]
    public void BeginPrepare_LaneBusy_IsRefused() => Alone(rank =>
    {
        var call = rank.PrepareCall(0);
        rank.Stage.BeginPrepare(call, rank.Stream);

        Assert.Throws<InvalidOperationException>(() => rank.Stage.BeginPrepare(call, rank.Stream));
    });

    [Test]
    public void Receive_Twice_IsRefused() => Alone(rank =>
    {
        var receiver = rank.Stage.BeginPrepare(rank.PrepareCall(0), rank.Stream);
        receiver.Receive();

        Assert.Throws<InvalidOperationException>(() => receiver.Receive());
    });

    [Test]
    public void Prepare_ScratchOneByteShort_NamesBothSizes() => Alone(rank =>
    {
        var call = rank.PrepareCall(0);
        var bytes = call.Scratch.Bytes;
        var shorter = new PrepareCall
        {
            HiddenStates = call.HiddenStates,
            TopKIds = call.TopKIds,
            TopKWeights = call.TopKWeights,
            GlobalExperts = call.GlobalExperts,
            Scratch = call.Scratch.Slice(0, 0, bytes - 1),
        };
        var error = Assert.Throws<ArgumentException>(() => rank.Stage.Prepare(shorter, rank.Stream));

        Assert.That(error!.Message, Is.EqualTo($"Scratch must have {bytes} bytes for 3 tokens, got {bytes - 1}."));
    });

    [Test]
    public void Prepare_ThirdLane_IsRefused() => Alone(rank =>
    {
        var call = rank.PrepareCall(2);

        Assert.That(
            Assert.Throws<ArgumentException>(() => rank.Stage.Prepare(call, rank.Stream))!.Message,
            Is.EqualTo("Lane must be 0 or 1, got 2."));
    });

    [Test]
    public void Create_NoCommunicator_IsRefused() => Assert.That(
        Assert.Throws<ArgumentException>(() => _ = new ToyRank(Layer, null, 0))!.Message,
        Is.EqualTo($"A communicator of 2 ranks must be given for all-to-all {kind}, got none."));

    [Test]
    public void Create_CommunicatorOfAnotherRank_IsRefused()
    {
        using var group = new InProcessCommunicatorGroup(2);

        Assert.That(
            Assert.Throws<ArgumentException>(() => _ = new ToyRank(Layer, group[1], 0))!.Message,
            Is.EqualTo("The communicator must be rank 0 of 2, got rank 1 of 2."));
    }

    [Test]
    public void Create_MapNamesASlotTwice_IsRefused()
    {
        using var group = new InProcessCommunicatorGroup(1);
        var descriptor = ToyRank.Descriptor(kind);
        using var device = new Cpu.CpuDevice();
        var deployment = new DeploymentSpec
        {
            Device = device.Traits,
            Parallel = new ParallelSpec(allToAll: kind),
            ExpertMap = [0, 1, 1, -1, -1, -1, -1, -1, -1],
        };
        var error = Assert.Throws<ArgumentException>(
            () => descriptor.Create(new StageContext(Layer.Layer, deployment, device, 2, group[0])));

        Assert.That(error!.Message, Is.EqualTo(
            "Expert map entry 2 must be -1 or a local expert below 2 that no other entry names, got 1."));
    }

    private void Alone(Action<ToyRank> body)
    {
        using var group = new InProcessCommunicatorGroup(1);
        using var rank = new ToyRank(Layer with { Tokens = [3] }, group[0], 0);
        body(rank);
    }
}
