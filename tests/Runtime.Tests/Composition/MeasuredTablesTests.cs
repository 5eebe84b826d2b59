using FusedMoe.Runtime.Tests.Fakes;

namespace FusedMoe.Runtime.Tests.Composition;

public sealed class MeasuredTablesTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void Compose_MeasuredTable_SplitsByTokenCount()
    {
        using var host = Host(new FakeExpertsDescriptor("cpu"), new FakeExpertsDescriptor("sample"));
        Write(
            host,
            new(1, "cpu", 10),
            new(1, "sample", 20),
            new(16, "cpu", 30),
            new(16, "sample", 31),
            new(512, "cpu", 99),
            new(512, "sample", 50));

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.Multiple(() =>
        {
            Assert.That(plan.Reason, Is.EqualTo(ChoiceReason.Measured));
            Assert.That(plan.Chain!.ToString(), Is.EqualTo("topk -> local -> cpu (up to 16 tokens) | sample -> local"));
            Assert.That(plan.Because, Is.EqualTo($"measured in {File(host)}: 'cpu' up to 16 tokens, 'sample' beyond"));
        });
    }

    [Test]
    public void Compose_FasterBackendOfAnotherWeightLayout_StaysInOneLayout()
    {
        var tiled = new FakeExpertsDescriptor("sample") { WeightLayout = new WeightLayout("sample.tiled") };
        using var host = Host(new FakeExpertsDescriptor("cpu"), tiled);
        Write(host, new(1, "cpu", 10), new(16, "cpu", 30), new(1, "sample", 9));

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.That(plan.Chain!.Experts.Select(e => e.Experts.Name), Is.EqualTo(new[] { "cpu" }));
    }

    [Test]
    public void Compose_MeasuredBackendRefuses_IsNotChosen()
    {
        var fast = new FakeExpertsDescriptor("sample");
        fast.Refuses["SupportsShape"] = Support.No(RefusalCodes.HiddenAlignment, "hidden size", "a multiple of 16", "8");
        using var host = Host(new FakeExpertsDescriptor("cpu"), fast);
        Write(host, new(1, "cpu", 10), new(1, "sample", 1));

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.That(plan.Chain!.ToString(), Is.EqualTo("topk -> local -> cpu -> local"));
    }

    [Test]
    public void Compose_ExplicitName_BeatsTheTable()
    {
        using var host = Host(new FakeExpertsDescriptor("cpu"), new FakeExpertsDescriptor("sample"));
        Write(host, new(1, "cpu", 10), new(1, "sample", 1));

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment, new StageSelection(Experts: "cpu"));

        Assert.That((plan.Reason, plan.Chain!.Experts[0].Experts.Name), Is.EqualTo((ChoiceReason.Explicit, "cpu")));
    }

    [Test]
    public void Compose_ExplicitNameWithMeasuredConfigurations_KeepsTheName()
    {
        using var host = Host(new FakeExpertsDescriptor("cpu"), new FakeExpertsDescriptor("sample"));
        Write(
            host,
            new(4, "cpu", 10, "tile-16"),
            new(4, "cpu", 12, "tile-64"),
            new(64, "cpu", 9, "tile-64"),
            new(4, "sample", 1));

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment, new StageSelection(Experts: "cpu"));

        Assert.Multiple(() =>
        {
            Assert.That(plan.Chain!.Experts.Select(e => (e.Experts.Name, e.MaxTokens, e.Configuration)), Is.EqualTo(new[]
            {
                ("cpu", 4, "tile-16"), ("cpu", int.MaxValue, "tile-64"),
            }));
            Assert.That(plan.Because, Is.EqualTo(
                $"experts 'cpu' are named explicitly; configured as measured in {File(host)}: " +
                "'cpu' (tile-16) up to 4 tokens, 'cpu' (tile-64) beyond"));
        });
    }

    [Test]
    public void Compose_CallsLongerThanAnyThatWasMeasured_GetTheBackendsOwnChoice()
    {
        using var host = Host(new FakeExpertsDescriptor("cpu"));
        Write(host, new(4, "cpu", 10, "tile-16"), new(64, "cpu", 9, "tile-64"));

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment with { MaxTokens = 65 });

        Assert.Multiple(() =>
        {
            Assert.That(
                plan.Chain!.Experts.Select(e => (e.MaxTokens, e.Configuration)),
                Is.EqualTo(new[] { (4, "tile-16"), (64, "tile-64"), (int.MaxValue, null) }));
            Assert.That(
                plan.Because,
                Does.EndWith("'cpu' (tile-16) up to 4 tokens, 'cpu' (tile-64) up to 64 tokens, 'cpu' beyond"));
        });
    }

    [Test]
    public void Compose_TableOfAnotherShape_IsNotUsed()
    {
        using var host = Host(new FakeExpertsDescriptor("cpu"), new FakeExpertsDescriptor("sample"));
        Write(host, new TuningEntry(1, "sample", 1));

        var plan = host.Composer.Compose(Layers.Plain(experts: 8), host.Deployment);

        Assert.That(plan.Reason, Is.EqualTo(ChoiceReason.Priority));
    }

    [Test]
    public void Compose_ConfigurationThatTheBackendLacks_IsItsOwnChoiceAndLoggedOnce()
    {
        using var host = Host(new TunableExperts("cpu", (1, "few"), (8, "long")));
        Write(host, new(1, "cpu", 1, "few"), new(2, "cpu", 2, "gone"), new(4, "cpu", 3, "few"), new(8, "cpu", 4, "long"));

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);
        host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.That(
            plan.Chain!.Experts.Select(e => (e.MaxTokens, e.Configuration)),
            Is.EqualTo(new[] { (1, "few"), (2, null), (4, "few"), (int.MaxValue, "long") }));
        Assert.That(
            host.Messages,
            Is.EqualTo(new[]
            {
                $"A measured configuration is ignored: configuration of 'cpu' in {File(host)} must be one "
                + "that its kernels have, got 'gone'; run 'fusedmoe tune' again.",
            }));
    }

    [Test]
    public void Compose_DamagedTable_IsIgnored()
    {
        using var host = Host(new FakeExpertsDescriptor("cpu"));
        Directory.CreateDirectory(Path.GetDirectoryName(File(host))!);
        System.IO.File.WriteAllText(File(host), "{ \"device\": 3 }");

        Assert.That(host.Composer.Compose(Layers.Plain(), host.Deployment).Reason, Is.EqualTo(ChoiceReason.Priority));
        Assert.That(
            host.Messages.Single(), Does.StartWith($"A measured table is ignored: {File(host)} must be a measured table: "));
        Assert.That(
            () => TuningFile.Load(File(host)),
            Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{File(host)} must be a measured table: "));
    }

    [Test]
    public void Compose_TableForCallsOfAnyLength_IsIgnoredAndLogged()
    {
        using var host = Host(new FakeExpertsDescriptor("cpu"));
        Write(host, new(4, "cpu", 10, "tile-16"), new(int.MaxValue, "cpu", 9, "tile-64"));

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.Multiple(() =>
        {
            Assert.That(plan.Reason, Is.EqualTo(ChoiceReason.Priority));
            Assert.That(
                host.Messages.Single(),
                Does.StartWith(
                    $"A measured table is ignored: {File(host)}: maxTokens of 'cpu' (tile-64) must be 1 to 1048576, "
                    + "got 2147483647; give the tokens of the call that was measured"));
        });
    }

    [TestCase("checkpoint", 1, Description = "Nothing is copied: each backend checks the weights for its kernels.")]
    [TestCase("mine.shuffled", 0, Description = "The first backend's copy serves both.")]
    public void Apply_MeasuredSplit_PicksByHintAndHandsTheConfigurationOn(string layout, int prepared)
    {
        using var setup = new KernelSetup(
            experts: log => new FakeExpertsDescriptor("cpu", log) { WeightLayout = new(layout) },
            extra: log => new FakeExpertsDescriptor("sample", log) { WeightLayout = new(layout) },
            settings: new Dictionary<string, string?> { ["Composer:TuningFolders:0"] = _folder.Root });
        Write(setup.Host, new(2, "sample", 1, "tile-64"), new(8, "cpu", 1));

        setup.Kernel.Apply(setup.Call(2), setup.Stream);
        setup.Kernel.Apply(setup.Call(3), setup.Stream);
        setup.Kernel.Apply(setup.Call(3) with { TokensHint = 1 }, setup.Stream);

        Assert.That(setup.Log.Entries.Where(e => e.StartsWith("experts", StringComparison.Ordinal)), Is.EqualTo(new[]
        {
            "experts sample 2 tile-64", "experts cpu 3", "experts sample 3 tile-64",
        }));
        Assert.That(setup.Experts.Prepared, Is.EqualTo(prepared));
    }

    private FakeHost Host(params FakeStage[] experts) => new(
        [new FakeRouterDescriptor(), new FakeSchemeDescriptor(), .. experts],
        new Dictionary<string, string?> { ["Composer:TuningFolders:0"] = _folder.Root });

    private string File(FakeHost host) =>
        Path.Combine(TuningFile.FolderOf(_folder.Root, host.Device.Traits.Name), "layer.json");

    private void Write(FakeHost host, params TuningEntry[] entries) =>
        new TuningFile(host.Device.Traits.Name, [TuningTable.For(Layers.Plain(), host.Deployment, entries)]).Save(File(host));

    private sealed class TunableExperts(string name, params (int Tokens, string Name)[] configurations)
        : FakeExpertsDescriptor(name), ITunableExperts
    {
        public IReadOnlyList<string> Configurations(DeviceTraits device, MoeLayerSpec layer, int tokens) =>
            [.. configurations.Where(c => c.Tokens == tokens).Select(c => c.Name)];
    }
}
