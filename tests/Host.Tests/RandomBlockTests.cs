using FusedMoe.Host.Layers;

namespace FusedMoe.Host.Tests;

public sealed class RandomBlockTests
{
    private const int BlockLength = 8_388_593;

    [Test]
    public void Fill_TensorLongerThanTheBlock_HoldsWhatSliceGives()
    {
        using var session = HostSession.Open(null, []);
        var device = session.OpenDevice(session.Deployment("cpu"));
        using var stream = device.CreateStream();
        using var memory = device.Allocate(2L * ((2 * BlockLength) + 1000), "Test");
        var block = new RandomBlock(seed: 3, scale: 1f);
        const long start = BlockLength - 10;
        block.Fill(memory, start, stream);
        stream.Synchronize();

        foreach (var first in new long[] { 0, 5, BlockLength - 7, (2L * BlockLength) + 900 })
        {
            Assert.That(
                Read(memory, first, 100), Is.EqualTo(block.Slice(start + first, 100).ToArray()), $"elements from {first}");
        }
    }

    [Test]
    public void Fill_FewElements_StopsAtTheEndOfTheMemory()
    {
        using var session = HostSession.Open(null, []);
        var device = session.OpenDevice(session.Deployment("cpu"));
        using var stream = device.CreateStream();
        using var memory = device.Allocate(2 * 48, "Test");
        var block = new RandomBlock(seed: 3, scale: 1f);
        block.Fill(memory, BlockLength - 20, stream);
        stream.Synchronize();

        Assert.That(Read(memory, 0, 48), Is.EqualTo(block.Slice(BlockLength - 20, 48).ToArray()));
    }

    [Test]
    public void RandomTensors_AnyLength_StartAlikeAndAreStandardNormal()
    {
        var (few, many) = (new float[70_001], new float[1_000_000]);
        new RandomTensors(9).Fill(few, 1f);
        new RandomTensors(9).Fill(many, 1f);
        var mean = many.Average(v => (double)v);
        var variance = many.Average(v => (double)v * v);

        Assert.That(many.Take(few.Length), Is.EqualTo(few));
        Assert.That(mean, Is.EqualTo(0).Within(0.005));
        Assert.That(variance, Is.EqualTo(1).Within(0.01));
        Assert.That(many.Distinct().Count(), Is.GreaterThan(900_000));
    }

    private static unsafe ushort[] Read(IDeviceMemory memory, long first, int count) =>
        new ReadOnlySpan<ushort>((ushort*)memory.Pointer + first, count).ToArray();
}
