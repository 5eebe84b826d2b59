using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cutlass.Tests;

/// <summary>A CPU whose new memory holds anything but zeros.</summary>
internal sealed class PoisonedDevice : IComputeDevice
{
    private readonly CpuDevice _cpu = new();

    public DeviceTraits Traits => _cpu.Traits;

    public long AllocatedBytes => _cpu.AllocatedBytes;

    public IDeviceMemory Allocate(long bytes, string purpose)
    {
        var memory = _cpu.Allocate(bytes, purpose);
        FillingStream.Set(memory.Pointer, 0xFF, bytes);
        return memory;
    }

    public IComputeStream CreateStream() => new FillingStream(this);

    public IComputeEvent CreateEvent() => _cpu.CreateEvent();

    public void Dispose() => _cpu.Dispose();
}
