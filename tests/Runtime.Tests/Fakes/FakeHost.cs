using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>A container with AddFusedMoe, no plugin folders unless given, and the fakes of a test.</summary>
internal sealed class FakeHost : IDisposable
{
    private readonly ServiceProvider _services;

    public FakeHost(IEnumerable<FakeStage> stages, IReadOnlyDictionary<string, string?>? settings = null, CallLog? log = null)
    {
        Log = log ?? new CallLog();
        var services = new ServiceCollection();
        services.AddFusedMoe(Section(settings));
        services.AddSingleton<ILoggerProvider>(new MessageCollector(Messages));
        services.AddSingleton<IComputeDeviceProvider>(FakeDeviceProvider.Of(Device));
        services.AddSingleton<ILayerOps>(new FakeLayerOps(Log));
        Ranges = new FakeStepRanges(Log);
        services.AddSingleton<IStepRanges>(Ranges);
        foreach (var stage in stages)
        {
            Register(services, stage);
        }

        _services = services.BuildServiceProvider();
    }

    public FakeDevice Device { get; } = new();

    public CallLog Log { get; }

    public FakeStepRanges Ranges { get; }

    /// <summary>Messages of warnings and errors.</summary>
    public List<string> Messages { get; } = [];

    public IServiceProvider Services => _services;

    public IMoeKernelComposer Composer => _services.GetRequiredService<IMoeKernelComposer>();

    public DeploymentSpec Deployment => new() { Device = Device.Traits, MaxTokens = 8 };

    /// <summary>A host with a router, the scheme <c>local</c> and <paramref name="experts"/>.</summary>
    public static FakeHost Local(IEnumerable<FakeStage> experts, IReadOnlyDictionary<string, string?>? settings = null) =>
        new([new FakeRouterDescriptor(), new FakeSchemeDescriptor(), .. experts], settings);

    public static IConfigurationSection Section(IReadOnlyDictionary<string, string?>? settings)
    {
        var all = new Dictionary<string, string?> { ["FusedMoe:Plugins:Folders"] = string.Empty };
        foreach (var (key, value) in settings ?? new Dictionary<string, string?>())
        {
            all["FusedMoe:" + key] = value;
        }

        return new ConfigurationBuilder().AddInMemoryCollection(all).Build().GetSection(FusedMoeOptions.SectionName);
    }

    public void Dispose() => _services.Dispose();

    private static void Register(ServiceCollection services, FakeStage stage)
    {
        switch (stage)
        {
            case IRouterDescriptor router:
                services.AddSingleton(router);
                break;
            case IPrepareAndFinalizeDescriptor scheme:
                services.AddSingleton(scheme);
                break;
            case IFusedExpertsDescriptor experts:
                services.AddSingleton(experts);
                break;
        }
    }
}
