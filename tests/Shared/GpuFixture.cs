using FusedMoe.Cuda;

namespace FusedMoe.Tests;

/// <summary>Opens the first GPU, or skips the fixture with the reason; FUSEDMOE_REQUIRE_GPU=1 makes that a failure.</summary>
[Category("Gpu")]
[NonParallelizable]
public abstract class GpuFixture
{
    private CudaDeviceProvider? _provider;

    /// <summary>The device under test.</summary>
    protected CudaDevice Device { get; private set; } = null!;

    /// <summary>A stream of the device.</summary>
    protected CudaStream Stream { get; private set; } = null!;

    [OneTimeSetUp]
    public void OpenDevice()
    {
        _provider = new CudaDeviceProvider();
        Device = First(_provider);
        Stream = Device.CreateStream();
    }

    [OneTimeTearDown]
    public void CloseDevice()
    {
        Stream?.Dispose();
        Device?.Dispose();
        _provider?.Dispose();
    }

    /// <summary>The first device that <paramref name="provider"/> finds; ends the test when there is none.</summary>
    internal static CudaDevice First(IComputeDeviceProvider provider)
    {
        var found = provider.Discover();
        if (found.Devices.Count == 0)
        {
            var reason = string.Join(" ", found.Refusals);
            if (Environment.GetEnvironmentVariable("FUSEDMOE_REQUIRE_GPU") == "1")
            {
                Assert.Fail(reason);
            }

            Assert.Ignore(reason);
        }

        return (CudaDevice)provider.Open(found.Devices[0].Id.Index);
    }
}
