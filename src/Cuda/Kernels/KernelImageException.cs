namespace FusedMoe.Cuda;

/// <summary>A kernel image or manifest is not what the kernel build wrote. The text names the file, what was found and the fix.</summary>
public sealed class KernelImageException : Exception
{
    internal KernelImageException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
