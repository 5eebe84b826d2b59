using System.Runtime.InteropServices;
using FusedMoe.Runtime.Tests.Fakes;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>
/// Host memory that calls itself whatever device the test wants, so that both ways of loading are seen.
/// </summary>
internal sealed class TestDevice : IComputeDevice
{
    public TestDevice(DeviceKind kind) =>
        Traits = new() { Id = new DeviceId(kind, 0), Name = "test", Processors = 1, MemoryBytes = 1L << 30 };

    public DeviceTraits Traits { get; }

    public long AllocatedBytes { get; private set; }

    /// <summary>Allocations that succeed before the device claims to be full.</summary>
    public int AllocationsLeft { get; set; } = int.MaxValue;

    public unsafe IDeviceMemory Allocate(long bytes, string purpose)
    {
        if (AllocationsLeft-- <= 0)
        {
            throw new DeviceMemoryException(Traits.Id, purpose, bytes, 0);
        }

        AllocatedBytes += bytes;
        return new Memory(this, (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 256), bytes);
    }

    public IComputeStream CreateStream() => new FakeStream(this);

    public IComputeEvent CreateEvent() => throw new NotSupportedException("Loading needs no events.");

    public void Dispose()
    {
    }

    private sealed class Memory(TestDevice owner, nint pointer, long bytes) : IDeviceMemory
    {
        public nint Pointer { get; private set; } = pointer;

        public long Bytes => bytes;

        public DeviceId Device => owner.Traits.Id;

        public unsafe void Dispose()
        {
            if (Pointer != 0)
            {
                NativeMemory.AlignedFree((void*)Pointer);
                Pointer = 0;
                owner.AllocatedBytes -= bytes;
            }
        }
    }
}
