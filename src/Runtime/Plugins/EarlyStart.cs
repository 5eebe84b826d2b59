using System.Reflection;

namespace FusedMoe.Runtime;

/// <summary>Lets a device layer start its driver while settings are read and plugins load.</summary>
public static class EarlyStart
{
    /// <summary>
    /// Begins the start of <paramref name="device"/> on a thread of its own, as the <see cref="DeviceStartupAttribute"/> of
    /// its layer says. Never throws for a layer that is missing or fails: whoever loads or asks it later gets the reason.
    /// </summary>
    /// <param name="device">A device that will be opened; it need not exist.</param>
    /// <param name="pluginFolder">
    /// A folder that plugins will be loaded from. The device layer found there, unless the application has its own, becomes
    /// the one that all plugins share.
    /// </param>
    /// <returns>
    /// The thread that was started; null where no layer of the device's kind is found or it declares no start.
    /// </returns>
    public static Thread? Begin(DeviceId device, string pluginFolder)
    {
        ArgumentException.ThrowIfNullOrEmpty(pluginFolder);
        try
        {
            return SharedAssemblies.DeviceLayer(device.Kind, pluginFolder) is { } layer ? Begin(layer, device.Index) : null;
        }
        catch (Exception)
        {
            // Whatever is wrong with the layer shows again, with its reason, when plugins load.
            return null;
        }
    }

    /// <summary>Begins the start that <paramref name="layer"/> declares; null where it declares none.</summary>
    internal static Thread? Begin(Assembly layer, int index)
    {
        if (layer.GetCustomAttributes(typeof(DeviceStartupAttribute), inherit: false) is not [DeviceStartupAttribute startup])
        {
            return null;
        }

        var thread = new Thread(() => Start(startup, index)) { IsBackground = true, Name = "Device start" };
        thread.Start();
        return thread;
    }

    // An exception here would end the process; what failed shows again when the device is asked for.
    private static void Start(DeviceStartupAttribute startup, int index)
    {
        try
        {
            startup.Start(index);
        }
        catch (Exception)
        {
        }
    }
}
