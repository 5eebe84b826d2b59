using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests;

public sealed class AlignmentGpuTests : StepGpuFixture
{
    [Test]
    public void Align_TokensExpertsBlock_GroupsPairsInTokenOrder(
        [Values(1, 37, 1024, 5000)] int tokens,
        [Values(4, 256, 1024, 1500)] int experts,
        [Values(1, 16, 128)] int block,
        [Values] bool usesMap)
    {
        const int TopK = 4;
        var random = new Random(tokens + experts);
        var pairs = tokens * TopK;
        var ids = Enumerable.Range(0, pairs).Select(_ => random.Next(-1, experts + 1)).ToArray();
        var local = usesMap ? Math.Max(experts / 2, 1) : Math.Min(experts, CudaExpertAlignment.MaxExperts);
        var map = Enumerable.Range(0, experts).Select(e => e % 2 == 0 && e / 2 < local ? e / 2 : -1).ToArray();
        var valid = Math.Max(tokens - 3, 1);
        int Mapped(int id) => usesMap ? map[id] : id < local ? id : -1;
        int Local(int pair) => pair / TopK < valid && (uint)ids[pair] < (uint)experts ? Mapped(ids[pair]) : -1;

        var alignment = new CudaExpertAlignment(Launcher);
        var capacity = alignment.Capacity(pairs, local, block);
        using var gpuIds = Upload(HostTensor.Of(DType.Int32, new TensorShape(tokens, TopK), ids).View);
        using var gpuMap = Upload(HostTensor.Of(DType.Int32, new TensorShape(experts), map).View);
        using var gpuValid = Upload(HostTensor.Of(DType.Int32, new TensorShape(1), valid).View);
        using var scratch = Poisoned(DType.UInt8, Math.Max(alignment.ScratchBytes(pairs, local), 1));
        using var sorted = Poisoned(DType.Int32, capacity);
        using var blocks = Poisoned(DType.Int32, capacity / block);
        using var padded = Poisoned(DType.Int32, 1);
        using var counts = Poisoned(DType.Int32, local);
        using var offsets = Poisoned(DType.Int32, local + 1);
        using var positions = Poisoned(DType.Int32, tokens, TopK);
        alignment.Align(
            new ExpertAlignmentCall
            {
                TopKIds = gpuIds.View,
                ExpertMap = usesMap ? gpuMap.View : TensorView.None,
                GlobalExperts = experts,
                LocalExperts = local,
                BlockSize = block,
                ValidTokens = gpuValid.View,
                Scratch = scratch.View,
                SortedPairs = sorted.View,
                BlockExperts = blocks.View,
                PaddedRows = padded.View,
                ExpertCounts = counts.View,
                ExpertOffsets = offsets.View,
                Positions = positions.View,
            },
            Stream);

        var wantedSorted = new List<int>();
        var wantedBlocks = new List<int>();
        var wantedOffsets = new List<int> { 0 };
        var wantedCounts = new List<int>();
        var wantedPositions = Enumerable.Repeat(-1, pairs).ToArray();
        for (var e = 0; e < local; e++)
        {
            var mine = Enumerable.Range(0, pairs).Where(p => Local(p) == e).ToArray();
            wantedCounts.Add(mine.Length);
            for (var i = 0; i < mine.Length; i++)
            {
                wantedPositions[mine[i]] = wantedSorted.Count + i;
            }

            wantedSorted.AddRange(mine);
            wantedSorted.AddRange(Enumerable.Repeat(pairs, (block - (mine.Length % block)) % block));
            wantedBlocks.AddRange(Enumerable.Repeat(e, (wantedSorted.Count - wantedOffsets[^1]) / block));
            wantedOffsets.Add(wantedSorted.Count);
        }

        Assert.Multiple(() =>
        {
            Assert.That(padded.Read<int>()[0], Is.EqualTo(wantedSorted.Count), "padded rows");
            Assert.That(counts.Read<int>(), Is.EqualTo(wantedCounts), "counts");
            Assert.That(offsets.Read<int>(), Is.EqualTo(wantedOffsets), "offsets");
            Assert.That(positions.Read<int>(), Is.EqualTo(wantedPositions), "positions");
            Assert.That(sorted.Read<int>(), Is.EqualTo(Pad(wantedSorted, capacity, pairs)), "sorted pairs");
            Assert.That(blocks.Read<int>(), Is.EqualTo(Pad(wantedBlocks, capacity / block, -1)), "block experts");
        });
    }

    private static IEnumerable<int> Pad(List<int> values, int length, int filler) =>
        values.Concat(Enumerable.Repeat(filler, length - values.Count));
}
