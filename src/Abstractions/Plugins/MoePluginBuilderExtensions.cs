using Microsoft.Extensions.DependencyInjection;

namespace FusedMoe;

/// <summary>Registrations by kind, each a singleton.</summary>
public static class MoePluginBuilderExtensions
{
    /// <summary>Offers an experts backend.</summary>
    public static IMoePluginBuilder AddExperts<T>(this IMoePluginBuilder builder)
        where T : class, IFusedExpertsDescriptor => Add<IFusedExpertsDescriptor, T>(builder);

    /// <summary>Offers a prepare/finalize scheme.</summary>
    public static IMoePluginBuilder AddPrepareAndFinalize<T>(this IMoePluginBuilder builder)
        where T : class, IPrepareAndFinalizeDescriptor => Add<IPrepareAndFinalizeDescriptor, T>(builder);

    /// <summary>Offers a router.</summary>
    public static IMoePluginBuilder AddRouter<T>(this IMoePluginBuilder builder)
        where T : class, IRouterDescriptor => Add<IRouterDescriptor, T>(builder);

    /// <summary>Offers devices of one kind.</summary>
    public static IMoePluginBuilder AddDevices<T>(this IMoePluginBuilder builder)
        where T : class, IComputeDeviceProvider => Add<IComputeDeviceProvider, T>(builder);

    /// <summary>Offers a building block under the contract <typeparamref name="TContract"/>.</summary>
    public static IMoePluginBuilder AddDeviceService<TContract, T>(this IMoePluginBuilder builder)
        where TContract : class, IDeviceService
        where T : class, TContract => Add<TContract, T>(builder);

    private static IMoePluginBuilder Add<TContract, T>(IMoePluginBuilder builder)
        where TContract : class
        where T : class, TContract
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<TContract, T>();
        return builder;
    }
}
