using FusedMoe.Cpu;
using FusedMoe.Cuda;
using Microsoft.Extensions.Options;

namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>Opens the first GPU, or skips the fixture with the reason; FUSEDMOE_REQUIRE_GPU=1 makes that a failure.</summary>
[Category("Gpu")]
[NonParallelizable]
public abstract class GpuFixture
{
    private CudaDeviceProvider? _provider;

    internal CudaDevice Device { get; private set; } = null!;

    internal CudaStream Stream { get; private set; } = null!;

    internal CpuDevice Host { get; } = new();

    internal IComputeStream HostStream { get; private set; } = null!;

    internal CudaLauncher Launcher { get; } = new(Options.Create(new PrepareFinalizeOptions()));

    [OneTimeSetUp]
    public void OpenDevice()
    {
        _provider = new CudaDeviceProvider();
        var found = _provider.Discover();
        if (found.Devices.Count == 0)
        {
            var reason = string.Join(" ", found.Refusals);
            if (Environment.GetEnvironmentVariable("FUSEDMOE_REQUIRE_GPU") == "1")
            {
                Assert.Fail(reason);
            }

            Assert.Ignore(reason);
        }

        Device = (CudaDevice)_provider.Open(found.Devices[0].Id.Index);
        Stream = Device.CreateStream();
        HostStream = Host.CreateStream();
    }

    [OneTimeTearDown]
    public void CloseDevice()
    {
        Stream?.Dispose();
        HostStream?.Dispose();
        _provider?.Dispose();
    }

    internal GpuTensor Upload(TensorView host) => new(Stream, host);

    internal GpuTensor Poisoned(DType dtype, params long[] shape) => new(Stream, dtype, new TensorShape(shape));
}
