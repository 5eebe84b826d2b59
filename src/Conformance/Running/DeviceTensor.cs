namespace FusedMoe.Conformance;

/// <summary>
/// A dense tensor in device memory of exactly its size, between two guard zones that nobody may touch.
/// </summary>
internal sealed class DeviceTensor : IDisposable
{
    private const int GuardBytes = 256;
    private const byte GuardValue = 0xA5;
    private const byte PoisonValue = 0xFF;

    private readonly IDeviceMemory _memory;
    private readonly IComputeStream _stream;
    private readonly long _bytes;
    private byte[]? _uploaded;

    private DeviceTensor(IComputeDevice device, IComputeStream stream, DType dtype, TensorShape shape)
    {
        _stream = stream;
        _bytes = dtype.BytesFor(shape.Elements);
        _memory = device.Allocate(_bytes + (2 * GuardBytes), "conformance data");
        View = TensorView.Contiguous(_memory.Pointer + GuardBytes, dtype, shape, device.Traits.Id);
        stream.Fill(_memory.Pointer, GuardValue, GuardBytes);
        stream.Fill(View.Pointer + (nint)_bytes, GuardValue, GuardBytes);
    }

    public TensorView View { get; }

    public static DeviceTensor Upload(IComputeDevice device, IComputeStream stream, HostTensor data)
    {
        var tensor = new DeviceTensor(device, stream, data.DType, data.Shape);
        tensor.Write(data.Bytes);
        return tensor;
    }

    public static DeviceTensor Poisoned(IComputeDevice device, IComputeStream stream, DType dtype, TensorShape shape)
    {
        var tensor = new DeviceTensor(device, stream, dtype, shape);
        tensor.Poison();
        return tensor;
    }

    public void Poison()
    {
        if (_bytes > 0)
        {
            _stream.Fill(View.Pointer, PoisonValue, _bytes);
        }

        _uploaded = null;
    }

    /// <summary>Replaces the content; later <see cref="RequireUnmodified"/> compares with it.</summary>
    public void Write(byte[] bytes)
    {
        if (bytes.Length > 0)
        {
            _stream.CopyToDevice(bytes, View.Pointer);
        }

        _uploaded = bytes;
    }

    public byte[] Read()
    {
        var bytes = new byte[_bytes];
        if (_bytes > 0)
        {
            _stream.CopyToHost(View.Pointer, bytes);
        }

        return bytes;
    }

    public HostTensor ReadTensor() => new(View.DType, View.Shape, Read());

    public float[] ReadFloats() => ReadTensor().ToFloats();

    public void RequireUnmodified(string name)
    {
        if (_uploaded is null)
        {
            return;
        }

        var now = Read();
        var first = now.AsSpan().CommonPrefixLength(_uploaded);
        if (first != now.Length)
        {
            throw new CaseFailedException(
                $"{name} ({View}) must not be written, byte {first} of {now.Length} changed from "
                + $"0x{_uploaded[first]:X2} to 0x{now[first]:X2}.");
        }
    }

    public void RequireGuards(string name)
    {
        var guard = new byte[GuardBytes];
        _stream.CopyToHost(_memory.Pointer, guard);
        RequireGuard(guard, name, "before");
        _stream.CopyToHost(View.Pointer + (nint)_bytes, guard);
        RequireGuard(guard, name, "after");
    }

    public void Dispose() => _memory.Dispose();

    private void RequireGuard(byte[] guard, string name, string side)
    {
        var first = guard.AsSpan().IndexOfAnyExcept(GuardValue);
        if (first >= 0)
        {
            throw new CaseFailedException(
                $"{name} ({View}, {_bytes} bytes) must be written inside its bounds only, a byte {side} it changed "
                + $"({(side == "after" ? first + 1 : GuardBytes - first)} bytes away).");
        }
    }
}
