namespace FusedMoe;

/// <summary>One allocation; disposing it gives the memory back.</summary>
public interface IDeviceMemory : IDisposable
{
    /// <summary>Address, aligned to at least 256 bytes.</summary>
    nint Pointer { get; }

    /// <summary>Usable bytes.</summary>
    long Bytes { get; }

    /// <summary>Where the memory is.</summary>
    DeviceId Device { get; }
}
