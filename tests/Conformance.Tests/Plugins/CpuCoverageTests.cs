namespace FusedMoe.Conformance.Tests;

/// <summary>What the shipped CPU stages must be asked, so that a discovery that finds too little fails.</summary>
public sealed class CpuCoverageTests
{
    private static readonly Lazy<IReadOnlyList<ConformanceCase>> All =
        new(() => ConformanceSuite.Discover(PluginHost.Shared.Services, PluginHost.Shared.Device));

    [TestCase("router:topk")]
    [TestCase("local+cpu")]
    [TestCase("local+reference")]
    [TestCase("local-monolithic+cpu-monolithic")]
    [TestCase("quantizer:CpuActivationQuantizer")]
    [TestCase("reduce:CpuWeightAndReduceProvider")]
    [TestCase("layer-ops:CpuLayerOps")]
    [TestCase("all-gather+cpu")]
    [TestCase("all-gather+reference")]
    [TestCase("all-to-all+cpu")]
    [TestCase("all-to-all+reference")]
    [TestCase("batched+cpu-batched")]
    public void Discover_ShippedPlugins_FindsTheSubject(string subject) =>
        Assert.That(All.Value.Select(c => c.Subject), Does.Contain(subject));

    [TestCase("local+cpu/parallel/split-experts-4")]
    [TestCase("local+cpu/parallel/split-tensors-2")]
    [TestCase("local+cpu/expert-map/permuted")]
    [TestCase("local-monolithic+cpu-monolithic/routing/sparse-mixer")]
    [TestCase("all-gather+cpu/parallel/allgather-4")]
    [TestCase("all-to-all+cpu/parallel/alltoall-4")]
    [TestCase("batched+cpu-batched/parallel/batched-4")]
    [TestCase("all-gather+cpu/quantization/fp8-static-128x128+fp8-dynamic-1x128")]
    [TestCase("all-gather+cpu/quantization/mxfp4-static+none")]
    [TestCase("all-gather+cpu/quantization/int4-static-group-32-asymmetric+none")]
    [TestCase("all-gather+cpu/activation/swigluoai")]
    [TestCase("all-gather+cpu/activation/relu2-no-mul")]
    [TestCase("all-gather+cpu/features/shared-experts-gate")]
    [TestCase("router:topk/routing/sparse-mixer-e8-top2")]
    public void Discover_ShippedPlugins_FindsTheCase(string id) =>
        Assert.That(All.Value.Select(c => c.Id), Does.Contain(id));
}
