using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>What the plugin registers, and what it says about its options.</summary>
public sealed class CpuExpertsPluginTests
{
    [Test]
    public void Configure_NoOptions_OffersTheFourBackends()
    {
        using var services = Build();
        Assert.That(
            services.GetServices<IFusedExpertsDescriptor>().Select(d => d.Name),
            Is.EqualTo(new[] { "cpu", "cpu-batched", "cpu-monolithic", "reference" }));
    }

    [Test]
    public void Configure_PortableSet_ShowsInTheSummary()
    {
        using var services = Build(("InstructionSet", "portable"));
        Assert.That(
            services.GetServices<IFusedExpertsDescriptor>().First().Summary,
            Is.EqualTo("SIMD experts on the host, standard format (portable)."));
    }

    [Test]
    public void Configure_UnknownKeyAndUnknownSet_ListsBothWithWhatIsAccepted()
    {
        using var services = Build(("InstructionSet", "neon"), ("Threads", "4"));
        var available = string.Join(", ", DotKernels.Available());
        Assert.That(
            () => services.GetServices<IFusedExpertsDescriptor>().ToArray(),
            Throws.TypeOf<OptionsValidationException>()
                .With.Property(nameof(OptionsValidationException.Failures)).EqualTo(new[]
                {
                    "FusedMoe:PluginOptions:cpu-experts:Threads is no option; the options are InstructionSet.",
                    "FusedMoe:PluginOptions:cpu-experts:InstructionSet is neon; must be one that this machine has: "
                    + $"Auto, {available}.",
                }));
    }

    [Test]
    public void PluginAttribute_OfTheAssembly_NamesThePluginAndTheContract()
    {
        var attribute = (MoePluginAttribute)typeof(CpuExpertsPlugin).Assembly
            .GetCustomAttributes(typeof(MoePluginAttribute), false).Single();
        Assert.That(
            (attribute.PluginType, attribute.ContractVersion),
            Is.EqualTo((typeof(CpuExpertsPlugin), MoeContract.Version)));
    }

    private static ServiceProvider Build(params (string Key, string Value)[] options)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(options.Select(o => KeyValuePair.Create<string, string?>("Plugin:" + o.Key, o.Value)))
            .Build();
        var builder = new PluginBuilder(new ServiceCollection(), configuration.GetSection("Plugin"));
        new CpuExpertsPlugin().Configure(builder);
        return builder.Services.BuildServiceProvider();
    }

    private sealed record PluginBuilder(IServiceCollection Services, IConfigurationSection Configuration)
        : IMoePluginBuilder;
}
