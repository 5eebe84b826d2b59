namespace FusedMoe;

/// <summary>An opened device: allocates memory and creates streams.</summary>
public interface IComputeDevice : IDisposable
{
    /// <summary>Facts about the device.</summary>
    DeviceTraits Traits { get; }

    /// <summary>Bytes allocated through this object and not yet given back.</summary>
    long AllocatedBytes { get; }

    /// <summary>Takes <paramref name="bytes"/> of memory, uninitialized, aligned to at least 256 bytes.</summary>
    /// <param name="bytes">At least 0; 0 gives an allocation without usable bytes.</param>
    /// <param name="purpose">What it is for, named in the error.</param>
    /// <exception cref="DeviceMemoryException">The device has too little free memory.</exception>
    IDeviceMemory Allocate(long bytes, string purpose);

    /// <summary>A new stream. Work on one stream runs in order.</summary>
    IComputeStream CreateStream();

    /// <summary>A new event, not yet recorded.</summary>
    IComputeEvent CreateEvent();
}
