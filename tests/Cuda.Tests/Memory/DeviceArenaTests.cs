namespace FusedMoe.Cuda.Tests.Memory;

public sealed class DeviceArenaTests
{
    [Test]
    public void Take_Parts_LieBehindOneAnotherAtBoundaries()
    {
        using var device = new OneBlockDevice();
        using var arena = new DeviceArena(device, 1024, "test");

        Assert.That(
            new[] { arena.Take(1), arena.Take(256), arena.Take(0), arena.Take(300) },
            Is.EqualTo(new nint[] { 0x1000, 0x1100, 0x1200, 0x1200 }));
        Assert.That((arena.Used, arena.Bytes), Is.EqualTo((1024L, 1024L)));
    }

    [Test]
    public void Take_MoreThanIsLeft_NamesBothSizesAndTakesNothing()
    {
        using var device = new OneBlockDevice();
        using var arena = new DeviceArena(device, 1024, "workspaces");
        arena.Take(600);

        Assert.That(
            () => arena.Take(257),
            Throws.ArgumentException.With.Message.EqualTo(
                "The arena for workspaces has 256 bytes left, too few for 512; reserve more."));
        Assert.That(arena.Take(256), Is.EqualTo((nint)0x1300));
    }

    [Test]
    public void Reset_AfterTakes_HandsOutTheSameAgainWithoutReserving()
    {
        using var device = new OneBlockDevice();
        using var arena = new DeviceArena(device, 512, "test");
        var first = arena.Take(512);
        arena.Reset();

        Assert.That(arena.Take(512), Is.EqualTo(first));
        Assert.That(device.Allocations, Is.EqualTo(1));
    }

    [Test]
    public void Dispose_Arena_GivesItsBlockBack()
    {
        using var device = new OneBlockDevice();
        new DeviceArena(device, 512, "test").Dispose();

        Assert.That(device.AllocatedBytes, Is.Zero);
    }

    /// <summary>Addresses without memory behind them.</summary>
    private sealed class OneBlockDevice : IComputeDevice
    {
        public DeviceTraits Traits { get; } = new() { Id = DeviceId.Cuda(0), Name = "x", Processors = 1, MemoryBytes = 1 };

        public long AllocatedBytes { get; private set; }

        public int Allocations { get; private set; }

        public IDeviceMemory Allocate(long bytes, string purpose)
        {
            Allocations++;
            AllocatedBytes += bytes;
            return new Block(this, bytes);
        }

        public IComputeStream CreateStream() => throw new NotSupportedException("No work runs here.");

        public IComputeEvent CreateEvent() => throw new NotSupportedException("No work runs here.");

        public void Dispose()
        {
        }

        private sealed class Block(OneBlockDevice device, long bytes) : IDeviceMemory
        {
            public nint Pointer => 0x1000;

            public long Bytes => bytes;

            public DeviceId Device => device.Traits.Id;

            public void Dispose() => device.AllocatedBytes -= bytes;
        }
    }
}
