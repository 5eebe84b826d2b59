namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Runs everything at once, in host memory.</summary>
internal sealed unsafe class FakeStream(IComputeDevice device) : IComputeStream
{
    public IComputeDevice Device => device;

    public nint Handle => 0;

    /// <summary>How often somebody waited.</summary>
    public int Synchronizations { get; private set; }

    public void CopyToDevice(ReadOnlySpan<byte> source, nint destination) =>
        source.CopyTo(new Span<byte>((void*)destination, source.Length));

    public void CopyToHost(nint source, Span<byte> destination) =>
        new ReadOnlySpan<byte>((void*)source, destination.Length).CopyTo(destination);

    public void Copy(nint source, nint destination, long bytes) =>
        Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);

    public void Fill(nint destination, byte value, long bytes) => new Span<byte>((void*)destination, (int)bytes).Fill(value);

    public void Record(IComputeEvent marker) => throw new NotSupportedException("Tests time nothing.");

    public void WaitFor(IComputeStream other)
    {
    }

    public void Synchronize() => Synchronizations++;

    public IComputeGraph Capture(Action<IComputeStream> enqueue) => throw new NotSupportedException("No graphs in tests.");

    public void Dispose()
    {
    }
}
