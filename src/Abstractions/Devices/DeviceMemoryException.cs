namespace FusedMoe;

/// <summary>A device has too little free memory for a request.</summary>
public sealed class DeviceMemoryException : DeviceException
{
    /// <summary>Builds the error and its text.</summary>
    /// <param name="device">Device asked.</param>
    /// <param name="purpose">What the memory was for.</param>
    /// <param name="requestedBytes">Bytes asked for.</param>
    /// <param name="freeBytes">Bytes free; negative when unknown.</param>
    public DeviceMemoryException(DeviceId device, string purpose, long requestedBytes, long freeBytes)
        : base(Describe(device, purpose, requestedBytes, freeBytes))
    {
        Device = device;
        RequestedBytes = requestedBytes;
        FreeBytes = freeBytes;
    }

    /// <summary>Device asked.</summary>
    public DeviceId Device { get; }

    /// <summary>Bytes asked for.</summary>
    public long RequestedBytes { get; }

    /// <summary>Bytes free when it failed; negative when unknown.</summary>
    public long FreeBytes { get; }

    private static string Describe(DeviceId device, string purpose, long requested, long free)
    {
        var have = free < 0 ? "fewer are free" : $"{free} bytes are free";
        return $"{purpose} needs {requested} bytes on {device}, {have}; lower FusedMoe:Deployment:MaxTokens.";
    }
}
