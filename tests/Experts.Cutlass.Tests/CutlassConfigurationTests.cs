using Microsoft.Extensions.Options;

namespace FusedMoe.Experts.Cutlass.Tests;

public sealed class CutlassConfigurationTests
{
    private static CutlassExpertsDescriptor Descriptor(string? tile = null) =>
        new(new CutlassServices(Options.Create(new CutlassOptions { Tile = tile }), [], [], []));

    private static MoeLayerSpec Layer() =>
        new(new MoeShape(128, 8, 2048, 768), RoutingSpec.For(RoutingMethod.Renormalize), ActivationSpec.Silu);

    [TestCase(1, true)]
    [TestCase(8, true)]
    [TestCase(9, false)]
    public void Configurations_FewTokens_StartWithDecode(int tokens, bool expected)
    {
        var names = Descriptor().Configurations(TestDevices.Gpu(90), Layer(), tokens);

        Assert.That(names[0] == DecodeHeuristic.Configuration, Is.EqualTo(expected));
        Assert.That(
            names.Where(n => n != DecodeHeuristic.Configuration), Is.EquivalentTo(CutlassTile.All.Select(t => t.Key)));
    }

    [Test]
    public void Configurations_CapabilityThatTheExpertsRefuse_AreNone([Values(80, 100)] int capability)
    {
        var services = new CutlassServices(Options.Create(new CutlassOptions()), [], [], []);

        Assert.That(new CutlassExpertsDescriptor(services).Configurations(TestDevices.Gpu(capability), Layer(), 1), Is.Empty);
        Assert.That(
            new CutlassBatchedExpertsDescriptor(services).Configurations(TestDevices.Gpu(capability), Layer(), 1), Is.Empty);
    }

    [TestCase(null, true)]
    [TestCase("decode", true)]
    [TestCase("160x1", true)]
    [TestCase("160x2", false)]
    public void Validate_Tile_IsDecodeOrACompiledOne(string? tile, bool isValid)
    {
        var result = new CutlassOptionsValidator().Validate(null, new CutlassOptions { Tile = tile });

        Assert.That(result.Succeeded, Is.EqualTo(isValid), result.FailureMessage);
    }

    [Test]
    public void SupportsBatchInvariance_ForcedDecode_IsRefused()
    {
        Assert.That(Descriptor().SupportsBatchInvariance().IsYes, Is.True);
        Assert.That(
            Descriptor(DecodeHeuristic.Configuration).SupportsBatchInvariance().Refusal?.ToString(),
            Is.EqualTo(
                "[batch-invariance] tile of a batch-invariant layer must be one that takes calls of any length, got decode; "
                + "remove FusedMoe:PluginOptions:cutlass-experts:Tile."));
    }
}
