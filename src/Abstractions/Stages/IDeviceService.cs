namespace FusedMoe;

/// <summary>A building block of one device kind that plugins share through dependency injection.</summary>
public interface IDeviceService
{
    /// <summary>The kind of device it works on.</summary>
    DeviceKind DeviceKind { get; }
}
