using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize.Tests.Support;

/// <summary>Contexts for stages under test.</summary>
internal static class Layers
{
    public static StageContext Context(
        RoutingSpec? routing = null,
        int experts = 8,
        int topK = 2,
        int hidden = 64,
        MoeLayerFeatures? features = null,
        DeploymentSpec? deployment = null,
        CpuDevice? device = null)
    {
        device ??= new CpuDevice();
        var layer = new MoeLayerSpec(
            new MoeShape(experts, topK, hidden, 32), routing ?? RoutingSpec.For(RoutingMethod.Default),
            ActivationSpec.Silu, features);
        deployment ??= new DeploymentSpec { Device = device.Traits };
        return new StageContext(layer, deployment, device, experts, null);
    }
}
