using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FusedMoe.Runtime;

/// <summary>
/// Wraps a plugin's stages and device providers, so that one whose constructor throws, or asks for a service that nobody
/// registered, becomes its plugin's failure instead of the host's.
/// </summary>
internal static class GuardedRegistration
{
    private static readonly Type[] Guarded =
    [
        typeof(IRouterDescriptor),
        typeof(IPrepareAndFinalizeDescriptor),
        typeof(IFusedExpertsDescriptor),
        typeof(IComputeDeviceProvider),
    ];

    /// <summary>The registration itself, or a guarded one of the same lifetime.</summary>
    /// <param name="registration">What the plugin registered.</param>
    /// <param name="plugin">The plugin in messages: its name and file.</param>
    /// <param name="fail">Told once why it failed.</param>
    public static ServiceDescriptor Of(ServiceDescriptor registration, string plugin, Action<string> fail)
    {
        if (registration.IsKeyedService || !Guarded.Contains(registration.ServiceType))
        {
            return registration;
        }

        return new ServiceDescriptor(
            registration.ServiceType,
            services =>
            {
                try
                {
                    return Create(registration, services);
                }
                catch (Exception e) when (e is not OptionsValidationException)
                {
                    var what = registration.ImplementationType?.FullName ?? registration.ServiceType.Name;
                    var failure = $"{what} of plugin {plugin} threw {e.GetType().Name}: {e.Message}";
                    fail(failure);
                    return registration.ServiceType == typeof(IComputeDeviceProvider)
                        ? new FailedDevices(failure)
                        : new FailedStage(failure);
                }
            },
            registration.Lifetime);
    }

    private static object Create(ServiceDescriptor registration, IServiceProvider services) =>
        registration.ImplementationInstance
        ?? registration.ImplementationFactory?.Invoke(services)
        ?? ActivatorUtilities.CreateInstance(services, registration.ImplementationType!);
}
