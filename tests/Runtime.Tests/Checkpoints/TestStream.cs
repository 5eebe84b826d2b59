namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>A stream of <see cref="TestDevice"/>: copies at once, counts what it copied.</summary>
internal sealed unsafe class TestStream(TestDevice device) : IComputeStream
{
    public IComputeDevice Device => device;

    public nint Handle => 0;

    public int Synchronizations { get; private set; }

    public void CopyToDevice(ReadOnlySpan<byte> source, nint destination) =>
        source.CopyTo(new Span<byte>((void*)destination, source.Length));

    public void CopyToHost(nint source, Span<byte> destination) =>
        new ReadOnlySpan<byte>((void*)source, destination.Length).CopyTo(destination);

    public void Copy(nint source, nint destination, long bytes) =>
        Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);

    public void Fill(nint destination, byte value, long bytes) =>
        new Span<byte>((void*)destination, checked((int)bytes)).Fill(value);

    public void WaitFor(IComputeStream other)
    {
    }

    public void Record(IComputeEvent marker) => throw new NotSupportedException("Loading needs no events.");

    public void Synchronize() => Synchronizations++;

    public IComputeGraph Capture(Action<IComputeStream> enqueue) => throw new NotSupportedException("Loading needs no graphs.");

    public void Dispose()
    {
    }
}
