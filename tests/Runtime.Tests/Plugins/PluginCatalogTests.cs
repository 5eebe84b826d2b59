using FusedMoe.Runtime.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FusedMoe.Runtime.Tests.Plugins;

public sealed class PluginCatalogTests
{
    [Test]
    public void Validate_TwoStagesOfOneName_FailsAtStart()
    {
        using var host = new FakeHost(
            [new FakeExpertsDescriptor("Sample")],
            new Dictionary<string, string?> { ["Plugins:Folders:0"] = BuiltPlugins.Sample });

        Assert.That(
            () => host.Services.GetRequiredService<IStartupValidator>().Validate(),
            Throws.TypeOf<OptionsValidationException>().With.Message.EqualTo(
                "Two experts stages are named 'sample': FusedMoe.SamplePlugin.dll, application; remove one."));
    }

    [Test]
    public void Validate_OptionsOfNoPlugin_ListsTheLoadedOnes()
    {
        using var host = new FakeHost([], new Dictionary<string, string?>
        {
            ["Plugins:Folders:0"] = BuiltPlugins.Sample,
            ["PluginOptions:cutlas:Tiles"] = "3",
        });

        Assert.That(
            () => host.Services.GetRequiredService<IStartupValidator>().Validate(),
            Throws.TypeOf<OptionsValidationException>().With.Message.EqualTo(
                "FusedMoe:PluginOptions:cutlas is unknown; loaded plugins are sample-plugin."));
    }

    [Test]
    public void Validate_PriorityOfNoStage_IsWarnedAboutOnce()
    {
        using var host = new FakeHost([], new Dictionary<string, string?>
        {
            ["Plugins:Folders:0"] = BuiltPlugins.Sample,
            ["Composer:Priority:Experts:0"] = "sampel",
            ["Composer:Priority:Experts:1"] = "sample",
        });

        host.Services.GetRequiredService<IStartupValidator>().Validate();
        host.Services.GetRequiredService<IMoeKernelComposer>();

        Assert.That(host.Messages, Is.EqualTo(new[]
        {
            "FusedMoe:Composer:Priority:Experts:0 is 'sampel'; no loaded stage has this name, known: sample.",
        }));
    }

    [Test]
    public void Catalog_PluginThatDoesNotLoad_IsLoggedAndTheOthersServe()
    {
        using var folder = new TemporaryFolder();
        var path = new EmittedPlugin { ContractVersion = "0.1" }.Write(folder.Root, "CatalogOld");
        using var host = new FakeHost([], new Dictionary<string, string?>
        {
            ["Plugins:Folders:0"] = folder.Root,
            ["Plugins:Folders:1"] = BuiltPlugins.Sample,
        });

        var catalog = host.Services.GetRequiredService<IMoePluginCatalog>();

        Assert.Multiple(() =>
        {
            Assert.That(catalog.Stages.Select(s => s.Name), Is.EqualTo(new[] { "sample" }));
            Assert.That(host.Messages.Single(), Is.EqualTo(
                $"Plugin {path} is not loaded: contract version of CatalogOld.dll must be 1.0, got 0.1; " +
                "rebuild it against FusedMoe.Abstractions 1.0."));
        });
    }

    [Test]
    public void PluginOf_LoadedAndOwnStages_NamesThePlugin()
    {
        var own = new FakeExpertsDescriptor("own");
        using var host = new FakeHost([own], new Dictionary<string, string?> { ["Plugins:Folders:0"] = BuiltPlugins.Sample });
        var catalog = host.Services.GetRequiredService<IMoePluginCatalog>();

        Assert.Multiple(() =>
        {
            Assert.That(catalog.PluginOf(own), Is.EqualTo("application"));
            Assert.That(catalog.PluginOf(catalog.Stages.Single(s => s.Name == "sample")), Is.EqualTo("sample-plugin"));
        });
    }
}
