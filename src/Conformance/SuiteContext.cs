using Microsoft.Extensions.DependencyInjection;

namespace FusedMoe.Conformance;

/// <summary>What all cases of a suite share.</summary>
internal sealed class SuiteContext(IServiceProvider services, IComputeDevice device, ConformanceOptions options)
{
    public Lock Gate { get; } = new();

    public IServiceProvider Services { get; } = services;

    public IComputeDevice Device { get; } = device;

    public ConformanceOptions Options { get; } = options;

    public IMoeKernelComposer Composer { get; } = services.GetRequiredService<IMoeKernelComposer>();

    public IMoePluginCatalog Catalog { get; } = services.GetRequiredService<IMoePluginCatalog>();

    public ProblemCache Problems { get; } = new();

    public DeviceId DeviceId => Device.Traits.Id;

    /// <summary>All registered services of one contract that work on the suite's kind of device.</summary>
    public IEnumerable<T> DeviceServices<T>()
        where T : IDeviceService =>
        Services.GetServices<T>().Where(s => s.DeviceKind == Device.Traits.Id.Kind);
}
