using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FusedMoe.Runtime.Tests.Plugins;

public sealed class PluginLoaderTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void Load_GoodPlugin_ReportsNameVersionAndHash()
    {
        new EmittedPlugin { PluginName = "good" }.Write(_folder.Root, "LoadGood");

        var report = Load().Reports.Single();

        Assert.Multiple(() =>
        {
            Assert.That(report.Failure, Is.Null);
            Assert.That((report.Name, report.Version), Is.EqualTo(("good", "1.2.3.4")));
            Assert.That(report.Sha256, Has.Length.EqualTo(64).And.Match("^[0-9a-f]+$"));
        });
    }

    [Test]
    public void Load_Subfolder_IsSearchedOneLevelDeep()
    {
        new EmittedPlugin { PluginName = "near" }.Write(Path.Combine(_folder.Root, "a"), "LoadNear");
        new EmittedPlugin { PluginName = "far" }.Write(Path.Combine(_folder.Root, "b", "c"), "LoadFar");

        Assert.That(Load().Reports.Select(r => r.Name), Is.EqualTo(new[] { "near" }));
    }

    [Test]
    public void Load_DependencyWithoutAttribute_IsIgnored()
    {
        new EmittedPlugin { IsDeclared = false }.Write(_folder.Root, "LoadDependency");

        Assert.That(Load().Reports, Is.Empty);
    }

    [Test]
    public void Load_NoAssembly_IsReported()
    {
        File.WriteAllText(Path.Combine(_folder.Root, "broken.dll"), "this is text");

        ExpectFailure("broken.dll must be a .NET assembly, got a file without its header; replace or remove it.");
    }

    [Test]
    public void Load_OtherContractVersion_IsReportedWithBoth()
    {
        new EmittedPlugin { ContractVersion = "0.9" }.Write(_folder.Root, "LoadOld");

        ExpectFailure("contract version of LoadOld.dll must be 1.0, got 0.9; rebuild it against FusedMoe.Abstractions 1.0.");
    }

    [Test]
    public void Load_ConstructorThrows_IsReportedByType()
    {
        new EmittedPlugin { ConstructorThrows = "no luck" }.Write(_folder.Root, "LoadThrows");

        ExpectFailure("The constructor of LoadThrows.Entry (LoadThrows.dll) threw InvalidOperationException: no luck");
    }

    [Test]
    public void Load_ConfigureThrows_IsReportedByNameAndRegistersNothing()
    {
        new EmittedPlugin { PluginName = "bad", ConfigureThrows = "half done" }.Write(_folder.Root, "LoadConfigure");

        ExpectFailure("Configure of plugin 'bad' (LoadConfigure.dll) threw InvalidOperationException: half done");
    }

    [Test]
    public void Load_ConfigureThrowsSeveralLines_IsReportedInOne()
    {
        new EmittedPlugin { PluginName = "bad", ConfigureThrows = "half\ndone" }.Write(_folder.Root, "LoadLines");

        ExpectFailure("Configure of plugin 'bad' (LoadLines.dll) threw InvalidOperationException: half done");
    }

    [TestCase("", "''")]
    [TestCase("a:b", "'a:b'")]
    public void Load_NameThatIsNoKey_IsReported(string name, string shown)
    {
        new EmittedPlugin { PluginName = name }.Write(_folder.Root, "LoadUnnamed");

        ExpectFailure(
            "Name of LoadUnnamed.Entry (LoadUnnamed.dll) must be a key of configuration, in letters, digits and hyphens, "
            + $"got {shown}; give the plugin such a name.");
    }

    [Test]
    public void Load_TypeIsNoPlugin_IsReported()
    {
        new EmittedPlugin { IsPlugin = false }.Write(_folder.Root, "LoadNoPlugin");

        ExpectFailure(
            "plugin type of LoadNoPlugin.dll must be a class with a public parameterless constructor that implements " +
            "FusedMoe.IMoePlugin, got LoadNoPlugin.Entry; name another type in its MoePluginAttribute.");
    }

    [Test]
    public void Load_TwoPluginsOfOneName_ReportsTheSecond()
    {
        new EmittedPlugin { PluginName = "twin" }.Write(_folder.Root, "LoadTwinA");
        new EmittedPlugin { PluginName = "Twin" }.Write(_folder.Root, "LoadTwinB");

        var reports = Load().Reports;

        Assert.That(reports.Select(r => r.Failure), Is.EqualTo(new[]
        {
            null,
            "Two plugins are named 'Twin': LoadTwinA.dll, LoadTwinB.dll; remove one.",
        }));
    }

    [Test]
    public void Load_PinnedToAnotherHash_IsReportedWithBoth()
    {
        var path = new EmittedPlugin().Write(_folder.Root, "LoadPinned");
        var actual = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)));
        var pin = new string('0', 64);

        var report = Load(("LoadPinned.dll", pin)).Reports.Single();

        Assert.That(report.Failure, Is.EqualTo(
            $"SHA-256 of LoadPinned.dll must be {pin} (its pin), got {actual}; restore the file or update the pin."));
    }

    [Test]
    public void Load_PinnedToItsHash_Loads()
    {
        var path = new EmittedPlugin().Write(_folder.Root, "LoadPinnedRight");
        var actual = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)));

        Assert.That(Load(("loadpinnedright.dll", actual)).Reports.Single().Failure, Is.Null);
    }

    [Test]
    public void Load_OneBadPlugin_LeavesTheOthers()
    {
        File.WriteAllText(Path.Combine(_folder.Root, "a.dll"), "text");
        new EmittedPlugin { PluginName = "fine" }.Write(_folder.Root, "LoadFine");

        Assert.That(
            Load().Reports.Select(r => (r.Name, r.IsLoaded)), Is.EquivalentTo(new[] { ("a.dll", false), ("fine", true) }));
    }

    [Test]
    public void Load_SamplePlugin_SharesTheContractsAndNothingElse()
    {
        var services = new ServiceCollection();

        var loaded = new PluginLoader(new PluginLoadOptions { Folders = [BuiltPlugins.Sample] }, Section()).Load(services);

        var descriptor = services.BuildServiceProvider().GetRequiredService<IFusedExpertsDescriptor>();
        Assert.Multiple(() =>
        {
            Assert.That(loaded.Reports.Single().Failure, Is.Null);
            Assert.That(descriptor.Name, Is.EqualTo("sample"));
            Assert.That(loaded.PluginOf(descriptor.GetType())!.Name, Is.EqualTo("sample-plugin"));
            Assert.That(
                AppDomain.CurrentDomain.GetAssemblies().Count(a => a.GetName().Name == "FusedMoe.Abstractions"), Is.EqualTo(1));
        });
    }

    private LoadedPlugins Load(params (string File, string Hash)[] pins) => new PluginLoader(
        new PluginLoadOptions
        {
            Folders = [_folder.Root],
            Sha256 = pins.ToDictionary(p => p.File, p => p.Hash),
        },
        Section()).Load(new ServiceCollection());

    private void ExpectFailure(string message)
    {
        var services = new ServiceCollection();
        var loaded = new PluginLoader(new PluginLoadOptions { Folders = [_folder.Root] }, Section()).Load(services);

        Assert.That(loaded.Reports.Single().Failure, Is.EqualTo(message));
        Assert.That(services, Is.Empty);
    }

    private static IConfigurationSection Section() => new ConfigurationBuilder().Build().GetSection("FusedMoe:PluginOptions");
}
