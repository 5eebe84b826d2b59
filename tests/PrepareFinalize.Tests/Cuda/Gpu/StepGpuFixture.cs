using FusedMoe.Cpu;
using Microsoft.Extensions.Options;

namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>A GPU whose steps are compared with the CPU's.</summary>
public abstract class StepGpuFixture : GpuFixture
{
    internal CpuDevice Host { get; } = new();

    internal IComputeStream HostStream { get; private set; } = null!;

    internal CudaLauncher Launcher { get; } = new(Options.Create(new PrepareFinalizeOptions()));

    [OneTimeSetUp]
    public void OpenHost() => HostStream = Host.CreateStream();

    [OneTimeTearDown]
    public void CloseHost() => HostStream?.Dispose();

    internal GpuTensor Upload(TensorView host) => new(Stream, host);

    internal GpuTensor Poisoned(DType dtype, params long[] shape) => new(Stream, dtype, new TensorShape(shape));
}
