using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>Makes experts of a case without a container.</summary>
internal static class TestExperts
{
    public static IFusedExperts Cpu(LayerCase c, InstructionSet set = InstructionSet.Auto, CpuDevice? device = null) =>
        new CpuExpertsDescriptor(new DotKernels(set)).Create(Context(c, device));

    public static IFusedExperts Reference(LayerCase c) => new ReferenceExpertsDescriptor().Create(Context(c));

    public static StageContext Context(LayerCase c, CpuDevice? device = null)
    {
        device ??= PreparedCall.Device;
        return new StageContext(c.Layer, new DeploymentSpec { Device = device.Traits }, device, c.LocalExperts, null);
    }
}
