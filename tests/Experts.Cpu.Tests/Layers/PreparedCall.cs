using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>A call with the guarded memory that it may write.</summary>
internal sealed class PreparedCall(ExpertsCall call, TensorView shared, TensorView second)
{
    public static CpuDevice Device { get; } = new();

    public static IComputeStream HostStream { get; } = Device.CreateStream();

    public IComputeStream Stream => HostStream;

    public ExpertsCall Call => call;

    public TensorView Shared => shared;

    public TensorView Second => second;
}
