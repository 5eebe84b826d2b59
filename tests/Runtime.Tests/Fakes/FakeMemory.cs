using System.Runtime.InteropServices;

namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Native memory filled with NaN, so that a row nobody wrote is seen.</summary>
internal sealed unsafe class FakeMemory : IDeviceMemory
{
    private readonly Action _released;

    public FakeMemory(long bytes, Action released)
    {
        (Bytes, _released) = (bytes, released);
        Pointer = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 256);
        NativeMemory.Fill((void*)Pointer, (nuint)bytes, 0xFF);
    }

    public nint Pointer { get; private set; }

    public long Bytes { get; }

    public DeviceId Device => DeviceId.Cpu;

    public void Dispose()
    {
        if (Pointer != 0)
        {
            NativeMemory.AlignedFree((void*)Pointer);
            Pointer = 0;
            _released();
        }
    }
}
