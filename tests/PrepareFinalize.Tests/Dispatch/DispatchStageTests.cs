namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>What the schemes promise beside their results.</summary>
public sealed class DispatchStageTests
{
    private static readonly AllToAllKind[] Kinds = [AllToAllKind.AllGather, AllToAllKind.AllToAll, AllToAllKind.Batched];

    [TestCaseSource(nameof(Kinds))]
    public void Lanes_Interleaved_HaveTheBitsOfSeparateCalls(AllToAllKind kind)
    {
        var layer = new DispatchCase { Kind = kind, Tokens = [3, 0, 7, 1] };
        var expected = DispatchRun.Outputs(layer);

        RankThreads.RunAll(layer.Ranks, communicator =>
        {
            using var rank = new ToyRank(layer, communicator, communicator.Rank);
            PrepareCall[] calls = [rank.PrepareCall(0), rank.PrepareCall(1)];
            TensorView[] outputs = [rank.Output(), rank.Output()];
            var arriving = calls.Select(c => rank.Stage.BeginPrepare(c, rank.Stream)).ToArray();
            var combining = new IFinalizeReceiver[2];
            for (var lane = 1; lane >= 0; lane--)
            {
                arriving[lane].WaitArrival();
                var inputs = arriving[lane].Receive();
                var results = rank.Experts.Apply(inputs);
                combining[lane] = rank.Stage.BeginFinalize(
                    rank.FinalizeCall(calls[lane], inputs, results, outputs[lane]), rank.Stream);
            }

            combining[0].Receive();
            combining[1].Receive();

            Assert.That(ToyRank.Read(outputs[0]), Is.EqualTo(expected[communicator.Rank]));
            Assert.That(ToyRank.Read(outputs[1]), Is.EqualTo(expected[communicator.Rank]));
        });
    }

    [Test]
    public void PrepareAndFinalize_AfterWarmUp_AllocateNothing(
        [ValueSource(nameof(Kinds))] AllToAllKind kind, [Values] bool contiguous)
    {
        var leaves = contiguous ? WeightAndReduceSpec.Contiguous : WeightAndReduceSpec.NoOp;
        var layer = new DispatchCase { Kind = kind, Tokens = [3, 5], Leaves = leaves, Quant = QuantKeys.Int8DynamicToken };

        RankThreads.RunAll(layer.Ranks, communicator =>
        {
            using var rank = new ToyRank(layer, communicator, communicator.Rank);
            var call = rank.PrepareCall(0);
            var inputs = rank.Stage.Prepare(call, rank.Stream);
            var finalize = rank.FinalizeCall(call, inputs, rank.Experts.Apply(inputs), rank.Output());
            rank.Stage.Finalize(finalize, rank.Stream);
            long before = 0;
            for (var round = 0; round < 60; round++)
            {
                before = round == 10 ? GC.GetAllocatedBytesForCurrentThread() : before;
                rank.Stage.Prepare(call, rank.Stream);
                rank.Stage.Finalize(finalize, rank.Stream);
            }

            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        });
    }

    [Test]
    public void Prepare_AllToAll_SendsATokenOnceToEachRankAndHidesForeignIds()
    {
        var layer = new DispatchCase { Kind = AllToAllKind.AllToAll, Tokens = [4, 7, 0] };
        RankThreads.RunAll(layer.Ranks, communicator =>
        {
            using var rank = new ToyRank(layer, communicator, communicator.Rank);
            var map = layer.FullMapOf(communicator.Rank);
            var inputs = rank.Stage.Prepare(rank.PrepareCall(0), rank.Stream);
            int LocalOrNone(int id) => id >= 0 && id < layer.Experts && map[id] >= 0 ? id : -1;
            var expected = Enumerable.Range(0, 11)
                .Select(t => ToyTokens.Ids(t, layer.Experts, layer.TopK).Select(LocalOrNone))
                .Where(ids => ids.Any(id => id >= 0))
                .ToArray();

            Assert.That(inputs.TopKIds.AsSpan<int>().ToArray(), Is.EqualTo(expected.SelectMany(ids => ids)));
            Assert.That(inputs.Activations.Shape, Is.EqualTo(new TensorShape(expected.Length, layer.Hidden)));
            var counts = Enumerable.Range(0, map.Count(s => s >= 0))
                .Select(slot => expected.Sum(ids => ids.Count(id => id >= 0 && map[id] == slot)));
            Assert.That(inputs.ExpertTokens.HostCounts.AsSpan<int>().ToArray(), Is.EqualTo(counts));
            Assert.That(inputs.ExpertTokens.Counts.AsSpan<int>().ToArray(), Is.EqualTo(counts));
        });
    }

    [Test]
    public void Prepare_Batched_FillsBlocksInOrderOfRankAndToken()
    {
        var layer = new DispatchCase { Kind = AllToAllKind.Batched, Tokens = [4, 7] };
        RankThreads.RunAll(layer.Ranks, communicator =>
        {
            using var rank = new ToyRank(layer, communicator, communicator.Rank);
            var map = layer.FullMapOf(communicator.Rank);
            var inputs = rank.Stage.Prepare(rank.PrepareCall(0), rank.Stream);
            var capacity = DispatchCase.MaxTokens * layer.Ranks;
            Assert.That(inputs.Activations.Shape, Is.EqualTo(new TensorShape(map.Count(s => s >= 0), capacity, layer.Hidden)));
            Assert.That(inputs.TopKIds.IsNone && inputs.TopKWeights.IsNone, Is.True);
            for (var slot = 0; slot < inputs.Activations.Shape[0]; slot++)
            {
                var expert = Array.IndexOf(map, slot);
                var tokens = Enumerable.Range(0, 11)
                    .Where(t => ToyTokens.Ids(t, layer.Experts, layer.TopK).Contains(expert))
                    .ToArray();
                Assert.That(inputs.ExpertTokens.HostCounts.AsSpan<int>()[slot], Is.EqualTo(tokens.Length));
                var block = inputs.Activations.Slice(0, slot, 1).Reshape(new TensorShape(capacity, layer.Hidden));
                var rows = block.Slice(0, 0, tokens.Length);
                Assert.That(
                    rows.AsSpan<float>().ToArray(),
                    Is.EqualTo(tokens.SelectMany(t => ToyTokens.Hidden(t, layer.Hidden, layer.DType))));
            }
        });
    }

    [TestCase(AllToAllKind.AllGather, null, 4, true)]
    [TestCase(AllToAllKind.AllToAll, null, 4, true)]
    [TestCase(AllToAllKind.Batched, DispatchCase.MaxTokens, 4, true)]
    [TestCase(AllToAllKind.None, DispatchCase.MaxTokens, 1, false)]
    public void Stage_Properties_DescribeTheDispatch(AllToAllKind kind, int? maxTokens, int dispatchers, bool isReduced)
    {
        var layer = new DispatchCase { Kind = kind, Tokens = new int[dispatchers] };
        using var group = new InProcessCommunicatorGroup(dispatchers);
        using var rank = new ToyRank(layer, kind == AllToAllKind.None ? null : group[0], 0);

        Assert.That(rank.Stage.MaxTokensPerRank, Is.EqualTo(maxTokens));
        Assert.That(rank.Stage.DispatcherCount, Is.EqualTo(dispatchers));
        Assert.That(rank.Stage.OutputIsReduced, Is.EqualTo(isReduced));
        Assert.That(rank.Stage.SupportsAsync, Is.True);
        Assert.That(rank.Stage.SupportsDeferredFinalize, Is.False);
        Assert.That(rank.Stage.MaxDispatchedTokens(3), Is.EqualTo(3 + ((dispatchers - 1) * DispatchCase.MaxTokens)));
        Assert.That(rank.Stage.ScratchBytes(3), Is.LessThanOrEqualTo(rank.Stage.ScratchBytes(4)));
    }
}
