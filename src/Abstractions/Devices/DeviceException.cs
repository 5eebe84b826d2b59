namespace FusedMoe;

/// <summary>
/// A device or its driver failed. The text names the call, the error, the device and, for launches, the kernel.
/// </summary>
public abstract class DeviceException : Exception
{
    /// <summary>An error with its text.</summary>
    protected DeviceException(string message)
        : base(message)
    {
    }

    /// <summary>An error with its text and cause.</summary>
    protected DeviceException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
