namespace FusedMoe.Experts.Cutlass.Tests;

/// <summary>A stream of host memory that fills it, or fails to, and does nothing else.</summary>
internal sealed class FillingStream(IComputeDevice device, bool isBroken = false) : IComputeStream
{
    public IComputeDevice Device => device;

    public nint Handle => 0;

    /// <summary>Sets bytes of host memory.</summary>
    public static void Set(nint destination, byte value, long bytes) =>
        TensorView.Contiguous(destination, DType.UInt8, new TensorShape(bytes), DeviceId.Cpu).AsSpan<byte>().Fill(value);

    public void Fill(nint destination, byte value, long bytes)
    {
        if (isBroken)
        {
            throw new InvalidOperationException("The stream is broken.");
        }

        Set(destination, value, bytes);
    }

    public void CopyToDevice(ReadOnlySpan<byte> source, nint destination) => throw new NotSupportedException();

    public void CopyToHost(nint source, Span<byte> destination) => throw new NotSupportedException();

    public void Copy(nint source, nint destination, long bytes) => throw new NotSupportedException();

    public void WaitFor(IComputeStream other) => throw new NotSupportedException();

    public void Record(IComputeEvent marker) => throw new NotSupportedException();

    public void Synchronize() => throw new NotSupportedException();

    public IComputeGraph Capture(Action<IComputeStream> enqueue) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
