namespace FusedMoe.Cuda;

/// <summary>
/// A kernel image or manifest is not what the kernel build wrote. The text names the file, what was found and the fix.
/// </summary>
public sealed class KernelImageException : DeviceException
{
    internal KernelImageException(string message)
        : base(message)
    {
    }

    internal KernelImageException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
