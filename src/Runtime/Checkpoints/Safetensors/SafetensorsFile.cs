using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// A memory-mapped safetensors file. Tensors are views of the mapping, not copies. The header is checked whole before
/// any memory is taken; nobody may shorten the file while it is open.
/// </summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private const long LargestHeader = 100_000_000;
    private const int LengthBytes = 8;
    private const string GetAgain = "the file is truncated or no safetensors file, get it again";
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _map;
    private readonly SafetensorsHeader _header;
    private readonly byte* _data;
    private int _users = 1;
    private bool _disposed;

    private SafetensorsFile(string path)
    {
        Path = path;
        using var handle = OpenHandle(path);

        // NOTE: of the open file; FileInfo gives the length of a symbolic link, and hub caches are full of those.
        var length = RandomAccess.GetLength(handle);
        if (length < LengthBytes)
        {
            throw CheckpointException.Must(
                path, "the file", $"have at least {LengthBytes} bytes", $"{length}", GetAgain);
        }

        _file = MemoryMappedFile.CreateFromFile(
            handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _map = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* start = null;
        _map.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            start += _map.PointerOffset;
            var header = HeaderLength(path, new ReadOnlySpan<byte>(start, LengthBytes), length);
            _data = start + LengthBytes + header;
            _header = SafetensorsHeader.Parse(
                path, new ReadOnlySpan<byte>(start + LengthBytes, header), length - LengthBytes - header);
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>Where the file is.</summary>
    public string Path { get; }

    /// <summary>The header's <c>__metadata__</c>; empty when there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Names of all tensors, in no particular order.</summary>
    public IEnumerable<string> Names => _header.Entries.Keys;

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="CheckpointException">The file is missing, unreadable, truncated or malformed.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return new SafetensorsFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CheckpointException.Must(
                path, "the file", "be readable", e.GetType().Name, "check the path and its permissions", e);
        }
    }

    /// <summary>True when a tensor has this name.</summary>
    public bool Contains(string name) => _header.Entries.ContainsKey(name);

    /// <summary>
    /// A view of a tensor in the mapping, contiguous, on <see cref="DeviceId.Cpu"/>, read-only and valid until
    /// <see cref="Dispose"/>. A scalar has shape <c>[1]</c>.
    /// </summary>
    /// <exception cref="CheckpointException">No such tensor, or its type or rank has no view.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public TensorView View(string name)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_header.Entries.TryGetValue(name, out var entry))
        {
            throw NearestNames.Missing(Path, name, [.. _header.Entries.Keys]);
        }

        var tensor = $"tensor {CheckpointException.Quote(name)}";
        if (entry.DType is not { } dtype)
        {
            throw CheckpointException.Must(Path, $"dtype of {tensor}", "be one that layers use", entry.TypeName,
                $"convert it to one of {string.Join(", ", DTypeExtensions.AllNames)}");
        }

        if (entry.Shape.Count > TensorShape.MaxRank)
        {
            throw CheckpointException.Must(
                Path, tensor, $"have at most {TensorShape.MaxRank} sizes", entry.ShapeText, "reshape it");
        }

        var shape = entry.Shape.Count == 0 ? new TensorShape(1) : new TensorShape(entry.Shape.ToArray());
        return TensorView.Contiguous((nint)(_data + entry.Begin), dtype, shape, DeviceId.Cpu);
    }

    /// <summary>Unmaps the file once nobody uses its views through a loaded layer. Closing twice is harmless.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Leave();
        }
    }

    /// <summary>
    /// Keeps the mapping alive beyond <see cref="Dispose"/> until the same number of <see cref="Leave"/> calls.
    /// </summary>
    internal void Enter() => Interlocked.Increment(ref _users);

    internal void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Release();
        }
    }

    private static SafeFileHandle OpenHandle(string path) => File.Exists(path)
        ? File.OpenHandle(path)
        : throw CheckpointException.Must(path, "the file", "exist", "none", "check the path");

    private static int HeaderLength(string path, ReadOnlySpan<byte> start, long fileLength)
    {
        var length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        var largest = (ulong)Math.Min(LargestHeader, fileLength - LengthBytes);
        return length <= largest
            ? (int)length
            : throw CheckpointException.Must(
                path,
                "header length",
                $"be at most {largest} bytes (the file has {fileLength})",
                $"{length}",
                GetAgain);
    }

    private void Release()
    {
        _map.SafeMemoryMappedViewHandle.ReleasePointer();
        _map.Dispose();
        _file.Dispose();
    }
}
