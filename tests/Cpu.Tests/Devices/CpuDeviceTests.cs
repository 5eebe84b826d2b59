using System.Runtime.Intrinsics.X86;

namespace FusedMoe.Cpu.Tests.Devices;

public sealed class CpuDeviceTests
{
    [Test]
    public void Discover_Host_ReportsOneDeviceWithItsFacts()
    {
        var discovery = new CpuDeviceProvider().Discover();

        Assert.That(discovery.Refusals, Is.Empty);
        var traits = discovery.Devices.Single();
        Assert.That(traits.Id, Is.EqualTo(DeviceId.Cpu));
        Assert.That(traits.Name, Is.Not.Empty);
        Assert.That(traits.Processors, Is.EqualTo(Environment.ProcessorCount));
        Assert.That(traits.MemoryBytes, Is.GreaterThan(1L << 20));
        Assert.That(traits.ComputeCapability, Is.Zero);
        Assert.That(traits.CanCaptureGraphs, Is.False);
        Assert.That(traits.InstructionSets.Contains("avx2"), Is.EqualTo(Avx2.IsSupported));
    }

    [Test]
    public void Open_SameIndexTwice_GivesOneObject()
    {
        var provider = new CpuDeviceProvider();
        var first = provider.Open(0);

        Assert.That(provider.Open(0), Is.SameAs(first));
        Assert.That(() => provider.Open(1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(100_001)]
    public void Allocate_AnySize_IsAlignedAndCounted(long bytes)
    {
        using var device = new CpuDevice();

        var memory = device.Allocate(bytes, "test");

        Assert.That((long)memory.Pointer % 256, Is.Zero);
        Assert.That(memory.Bytes, Is.EqualTo(bytes));
        Assert.That(device.AllocatedBytes, Is.EqualTo(bytes));
        memory.Dispose();
        memory.Dispose();
        Assert.That(device.AllocatedBytes, Is.Zero);
    }

    [Test]
    public void Allocate_MoreThanTheMachineHas_SaysPurposeAndSizes()
    {
        using var device = new CpuDevice();

        var error = Assert.Throws<DeviceMemoryException>(() => device.Allocate(1L << 60, "expert weights"));

        Assert.That(error!.RequestedBytes, Is.EqualTo(1L << 60));
        Assert.That(error.Message, Does.StartWith("expert weights needs 1152921504606846976 bytes on cpu, "));
        Assert.That(device.AllocatedBytes, Is.Zero);
    }

    [Test]
    public void Stream_CopiesAndFills_MoveTheBytes()
    {
        using var device = new CpuDevice();
        using var stream = device.CreateStream();
        using var first = device.Allocate(16, "first");
        using var second = device.Allocate(16, "second");
        var host = new byte[16];

        stream.Fill(first.Pointer, 7, 16);
        stream.CopyToDevice([1, 2, 3], first.Pointer + 4);
        stream.Copy(first.Pointer, second.Pointer, 16);
        stream.WaitFor(stream);
        stream.Synchronize();
        stream.CopyToHost(second.Pointer, host);

        Assert.That(host, Is.EqualTo(new byte[] { 7, 7, 7, 7, 1, 2, 3, 7, 7, 7, 7, 7, 7, 7, 7, 7 }));
    }

    [Test]
    public void MicrosecondsSince_RecordedEvents_GivesTheTimeBetween()
    {
        using var device = new CpuDevice();
        using var stream = device.CreateStream();
        using var first = device.CreateEvent();
        using var second = device.CreateEvent();

        Assert.That(() => second.MicrosecondsSince(first), Throws.InvalidOperationException);
        stream.Record(first);
        Thread.Sleep(5);
        stream.Record(second);

        Assert.That(second.MicrosecondsSince(first), Is.InRange(4_000, 5_000_000));
    }

    [Test]
    public void Capture_OnTheHost_IsRefused()
    {
        using var device = new CpuDevice();
        using var stream = device.CreateStream();

        Assert.That(() => stream.Capture(_ => { }), Throws.TypeOf<NotSupportedException>());
    }

    [TestCase("32K", 32768)]
    [TestCase("16M", 16777216)]
    [TestCase("  12 K", 12288)]
    [TestCase("7", 7)]
    [TestCase("", 0)]
    [TestCase("many", 0)]
    public void ParseSize_LinuxText_GivesBytes(string text, long expected)
    {
        Assert.That(CpuTraits.ParseSize(text), Is.EqualTo(expected));
    }
}
