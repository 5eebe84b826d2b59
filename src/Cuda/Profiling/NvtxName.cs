using System.Runtime.InteropServices;
using System.Text;

namespace FusedMoe.Cuda;

/// <summary>
/// The name of a range, encoded once for the profiler. Make one for each name of a program and keep it: its memory is the
/// process's.
/// </summary>
public sealed unsafe class NvtxName
{
    /// <summary>The name in UTF-8 with an end.</summary>
    public NvtxName(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Text = text;
        var bytes = Encoding.UTF8.GetByteCount(text);
        Pointer = (byte*)NativeMemory.AllocZeroed((nuint)bytes + 1);
        Encoding.UTF8.GetBytes(text, new Span<byte>(Pointer, bytes));
    }

    /// <summary>The name.</summary>
    public string Text { get; }

    internal byte* Pointer { get; }
}
