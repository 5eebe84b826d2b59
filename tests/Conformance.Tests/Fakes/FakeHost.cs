using FusedMoe.Cpu;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FusedMoe.Conformance.Tests;

/// <summary>The real runtime over fake stages, without any plugin.</summary>
internal sealed class FakeHost : IDisposable
{
    private readonly ServiceProvider _services;

    public FakeHost(Fault fault)
    {
        var empty = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "no-plugins")).FullName;
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["FusedMoe:Plugins:Folders:0"] = empty })
            .Build();
        _services = new ServiceCollection()
            .AddSingleton<IPrepareAndFinalizeDescriptor>(new FakePrepareDescriptor(Fault.None))
            .AddSingleton<IFusedExpertsDescriptor>(new FakeExpertsDescriptor(fault))
            .AddSingleton<IComputeDeviceProvider, CpuDeviceProvider>()
            .AddFusedMoe(configuration.GetSection("FusedMoe"))
            .BuildServiceProvider();
    }

    public IServiceProvider Services => _services;

    public IComputeDevice Device => _services.GetRequiredService<IComputeDeviceProvider>().Open(0);

    public IReadOnlyList<ConformanceCase> Discover(string? text = null) =>
        ConformanceSuite.Discover(
            _services,
            Device,
            new ConformanceOptions { Backend = "fake-experts", Text = text });

    public void Dispose() => _services.Dispose();
}
