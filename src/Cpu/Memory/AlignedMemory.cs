using System.Runtime.InteropServices;

namespace FusedMoe.Cpu;

/// <summary>
/// One native allocation aligned to <see cref="Alignment"/> bytes, uninitialized. It has no finalizer: views keep bare
/// addresses, so memory is given back by <see cref="Dispose"/> only, never while a view may still be in use.
/// </summary>
public sealed unsafe class AlignedMemory : IDisposable
{
    /// <summary>Alignment of every allocation, in bytes.</summary>
    public const int Alignment = 256;

    private void* _pointer;

    /// <summary>Takes <paramref name="bytes"/> bytes; 0 gives an address without usable bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative size.</exception>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    public AlignedMemory(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;
        _pointer = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), Alignment);
    }

    /// <summary>Address of the first byte; 0 after <see cref="Dispose"/>.</summary>
    public nint Pointer => (nint)_pointer;

    /// <summary>Usable bytes.</summary>
    public long Bytes { get; }

    /// <summary>The first <see cref="int.MaxValue"/> elements, or all when fewer, as a span.</summary>
    public Span<T> AsSpan<T>()
        where T : unmanaged => new(_pointer, (int)Math.Min(Bytes / sizeof(T), int.MaxValue));

    /// <summary>Sets every byte to zero.</summary>
    public void Clear() => NativeMemory.Clear(_pointer, (nuint)Bytes);

    /// <summary>Gives the memory back. Views of it must not be used afterwards.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
