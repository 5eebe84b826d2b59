namespace FusedMoe;

/// <summary>
/// What a device layer can do before its devices are asked for: the longest step of a cold start, run on a thread of its own
/// while the process reads its settings and loads its plugins. A layer derives from this and marks its assembly with the
/// result.
/// </summary>
/// <remarks>The attribute is the implementation itself: to find a class by its name costs milliseconds at that point.</remarks>
[AttributeUsage(AttributeTargets.Assembly)]
public abstract class DeviceStartupAttribute : Attribute
{
    /// <summary>
    /// Starts the driver and prepares what opening device <paramref name="index"/> needs; returns when both are done. What is
    /// asked of the driver meanwhile waits for it. A driver that is missing or fails is no exception here: it says so to
    /// whoever discovers or opens the device.
    /// </summary>
    /// <param name="index">Ordinal among the devices of the layer's kind, from 0; there may be no such device.</param>
    public abstract void Start(int index);
}
