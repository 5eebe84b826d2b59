using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Tests;

public sealed class StreamGpuTests : GpuFixture
{
    [Test]
    public void Discover_Device_HasPlausibleTraits()
    {
        var traits = Device.Traits;
        Assert.Multiple(() =>
        {
            Assert.That(traits.Name, Is.Not.Empty);
            Assert.That(traits.ComputeCapability, Is.InRange(50, 200));
            Assert.That(traits.Processors, Is.InRange(1, 1000));
            Assert.That(traits.SharedMemoryPerBlock, Is.GreaterThanOrEqualTo(48 * 1024));
            Assert.That(traits.MemoryBytes, Is.GreaterThan(1L << 30));
            Assert.That(traits.CanCaptureGraphs);
        });
    }

    [Test]
    public void Capture_Replayed_RunsAgainEachTime()
    {
        using var memory = Device.Allocate(4096, "test");
        Stream.Fill(memory.Pointer, 0, memory.Bytes);
        var kernel = AddKernel.Library().Get(AddKernel.Key, Device);
        using var graph = Stream.Capture(
            s => kernel.Launch(LaunchGpuTests.Add(memory, 2f), new KernelLaunch(8), s));
        Assert.That(First(memory), Is.Zero, "capturing must not run");
        graph.Launch(Stream);
        graph.Launch(Stream);
        Assert.That(First(memory), Is.EqualTo(4f));
    }

    [Test]
    public void Update_SameTopology_ReplacesArgumentsInPlace()
    {
        using var memory = Device.Allocate(4096, "test");
        Stream.Fill(memory.Pointer, 0, memory.Bytes);
        var kernel = AddKernel.Library().Get(AddKernel.Key, Device);
        void Enqueue(float value, IComputeStream s) => kernel.Launch(LaunchGpuTests.Add(memory, value), new KernelLaunch(8), s);
        using var graph = Stream.Capture(s => Enqueue(1f, s));
        Assert.That(graph.Update(Stream, s => Enqueue(10f, s)), Is.True);
        graph.Launch(Stream);
        Assert.That(First(memory), Is.EqualTo(10f));
        var isInPlace = graph.Update(
            Stream,
            s =>
            {
                s.Fill(memory.Pointer, 0, memory.Bytes);
                Enqueue(3f, s);
            });
        Assert.That(isInPlace, Is.False);
        graph.Launch(Stream);
        Assert.That(First(memory), Is.EqualTo(3f));
    }

    [Test]
    public void Capture_Throws_LeavesTheStreamUsable()
    {
        using var memory = Device.Allocate(4096, "test");
        Assert.That(
            () => Stream.Capture(s => s.CopyToHost(memory.Pointer, new byte[4])),
            Throws.InvalidOperationException.With.Message.Contains("cannot be captured"));
        Stream.Fill(memory.Pointer, 0, memory.Bytes);
        Assert.That(First(memory), Is.Zero);
    }

    [Test]
    public void WaitFor_OtherStream_SeesItsWork()
    {
        using var other = Device.CreateStream(isUrgent: true);
        using var memory = Device.Allocate(64 << 20, "test");
        for (byte i = 1; i <= 20; i++)
        {
            Stream.Fill(memory.Pointer, i, memory.Bytes);
        }

        other.WaitFor(Stream);
        var last = new byte[1];
        using var copy = other.Allocate(1, "test");
        other.Copy(memory.Pointer + (nint)memory.Bytes - 1, copy.Pointer, 1);
        other.CopyToHost(copy.Pointer, last);
        Assert.That(last[0], Is.EqualTo(20));
    }

    [Test]
    public void CopyToDevice_PinnedAndPageable_RoundTrip()
    {
        var data = new byte[100_000];
        new Random(1).NextBytes(data);
        using var pinned = new HostBuffer(Device, data.Length);
        data.CopyTo(pinned.Span);
        using var memory = Device.Allocate(3 * data.Length, "test");
        Stream.CopyToDevice(data, memory.Pointer);
        Stream.CopyToDevice(pinned.Span, memory.Pointer + data.Length);
        Stream.CopyToDevice(pinned, 0, memory.Pointer + (2 * data.Length), data.Length);
        var back = new byte[3 * data.Length];
        Stream.CopyToHost(memory.Pointer, back);
        Assert.That(back, Is.EqualTo(data.Concat(data).Concat(data)));
    }

    [Test]
    public void Allocate_MoreThanThereIs_NamesBothSizes()
    {
        const long Bytes = 1L << 45;
        Assert.That(
            () => Device.Allocate(Bytes, "expert weights"),
            Throws.InstanceOf<DeviceMemoryException>().With.Message.StartsWith(
                $"expert weights needs {Bytes} bytes on {Device.Traits.Id}"));
    }

    [Test]
    public void Allocate_Sizes_AreAlignedAndCounted()
    {
        var before = Device.AllocatedBytes;
        using (var a = Device.Allocate(1, "test"))
        using (var b = Device.Allocate(1000, "test"))
        using (var none = Device.Allocate(0, "test"))
        {
            Assert.That((a.Pointer % 256, b.Pointer % 256), Is.EqualTo(((nint)0, (nint)0)));
            Assert.That(Device.AllocatedBytes - before, Is.EqualTo(1001));
            Assert.That(none.Bytes, Is.Zero);
        }

        Assert.That(Device.AllocatedBytes, Is.EqualTo(before));
    }

    [Test]
    public void Dispose_BufferAfterItsStream_GivesTheMemoryBack()
    {
        Device.Synchronize();
        var (handles, used) = (HandleCounts.Open, Device.PoolBytes.Used);
        var stream = Device.CreateStream();
        var memory = stream.Allocate(64 << 20, "test");
        stream.Dispose();
        memory.Dispose();
        Device.Synchronize();

        Assert.That(HandleCounts.Open, Is.EqualTo(handles));
        Assert.That(Device.PoolBytes.Used, Is.EqualTo(used));
    }

    [Test]
    public void Dispose_EverythingAfterItsDevice_CountsAsClosed()
    {
        var before = HandleCounts.Open;
        using var provider = new CudaDeviceProvider();
        var device = (CudaDevice)provider.Open(Device.Traits.Id.Index);
        var stream = device.CreateStream();
        var marker = new CudaEvent(device);
        var memory = device.Allocate(4096, "test");
        var graph = stream.Capture(s => s.Fill(memory.Pointer, 0, memory.Bytes));
        device.Dispose();
        graph.Dispose();
        memory.Dispose();
        marker.Dispose();
        stream.Dispose();

        Assert.That(HandleCounts.Open, Is.EqualTo(before));
    }

    [Test]
    public void Reserve_Bytes_AreHeldForLaterAllocations()
    {
        const long Bytes = 256L << 20;
        Device.Reserve(Bytes, "test");
        var reserved = Device.PoolBytes.Reserved;
        Assert.That(reserved, Is.GreaterThanOrEqualTo(Bytes));
        using var memory = Device.Allocate(Bytes, "test");
        Assert.That(Device.PoolBytes.Reserved, Is.EqualTo(reserved));
    }

    [Test]
    public void EnablePeerAccess_SecondDevice_LetsCopiesThrough()
    {
        using var provider = new CudaDeviceProvider();
        var other = provider.Discover().Devices.FirstOrDefault(d => d.Id != Device.Traits.Id);
        if (other is null)
        {
            Assert.Ignore("peer access needs two devices");
        }

        using var peer = (CudaDevice)provider.Open(other!.Id.Index);
        if (!Device.EnablePeerAccess(peer))
        {
            Assert.Ignore($"{Device.Traits.Id} has no path to {peer.Traits.Id}");
        }

        Assert.That(Device.EnablePeerAccess(peer), Is.True, "a second time");
        using var peerStream = peer.CreateStream();
        using var source = peer.Allocate(4096, "test");
        using var target = Device.Allocate(4096, "test");
        peerStream.Fill(source.Pointer, 7, source.Bytes);
        peerStream.Synchronize();
        Stream.Copy(source.Pointer, target.Pointer, target.Bytes);
        var back = new byte[4096];
        Stream.CopyToHost(target.Pointer, back);
        Assert.That(back, Is.All.EqualTo(7));
    }

    [Test]
    public void MicrosecondsSince_WorkBetween_IsPositive()
    {
        using var start = new CudaEvent(Device, canTime: true);
        using var end = new CudaEvent(Device, canTime: true);
        using var memory = Device.Allocate(64 << 20, "test");
        Assert.That(() => end.MicrosecondsSince(start), Throws.InvalidOperationException);
        Stream.Record(start);
        Stream.Fill(memory.Pointer, 1, memory.Bytes);
        Stream.Record(end);
        Assert.That(end.MicrosecondsSince(start), Is.InRange(1, 1e6));
        Assert.That(end.IsDone);
    }

    [Test]
    public void Handles_EveryPath_AreGivenBack()
    {
        var before = HandleCounts.Open;
        using (var provider = new CudaDeviceProvider())
        {
            var device = (CudaDevice)provider.Open(Device.Traits.Id.Index);
            using var stream = device.CreateStream();
            using var memory = device.Allocate(4096, "test");
            using var ordered = stream.Allocate(4096, "test");
            using var pinned = new HostBuffer(device, 4096);
            using var arena = new DeviceArena(device, 4096, "test");
            using var graph = stream.Capture(s => s.Fill(memory.Pointer, 0, memory.Bytes));
            Assert.That(() => stream.Capture(_ => throw new TimeoutException()), Throws.InstanceOf<TimeoutException>());
            Assert.That(() => device.Allocate(1L << 45, "test"), Throws.InstanceOf<DeviceMemoryException>());
            AddKernel.Library().Get(AddKernel.Key, device);
            Assert.That(HandleCounts.Open, Is.GreaterThan(before + 7));
        }

        Assert.That(HandleCounts.Open, Is.EqualTo(before));
    }

    private float First(IDeviceMemory memory)
    {
        var value = new float[1];
        Stream.CopyToHost(memory.Pointer, MemoryMarshal.AsBytes(value.AsSpan()));
        return value[0];
    }
}
