namespace FusedMoe.Conformance;

/// <summary>One run of a case: its stream and everything that is disposed at its end, last taken first.</summary>
internal sealed class CaseScope : IDisposable
{
    private readonly Stack<IDisposable> _owned = new();
    private readonly CancellationToken _cancellationToken;

    public CaseScope(SuiteContext context, CancellationToken cancellationToken)
    {
        (Context, _cancellationToken) = (context, cancellationToken);
        Stream = Own(context.Device.CreateStream());
    }

    public SuiteContext Context { get; }

    public IComputeStream Stream { get; }

    public CancellationToken CancellationToken => _cancellationToken;

    public T Own<T>(T disposable)
        where T : IDisposable
    {
        lock (_owned)
        {
            _owned.Push(disposable);
        }

        return disposable;
    }

    /// <summary>Uploads host data into memory with guard bytes on both sides.</summary>
    public DeviceTensor Upload(HostTensor data) => Own(DeviceTensor.Upload(Context.Device, Stream, data));

    /// <summary>Memory filled with 0xFF (NaN in every floating-point type), with guard bytes on both sides.</summary>
    public DeviceTensor Poisoned(DType dtype, TensorShape shape) =>
        Own(DeviceTensor.Poisoned(Context.Device, Stream, dtype, shape));

    /// <summary>A scope of its own for another thread: its own stream, its own things to dispose.</summary>
    public CaseScope Fork() => new(Context, _cancellationToken);

    public void ThrowIfCancelled() => _cancellationToken.ThrowIfCancellationRequested();

    public void Dispose()
    {
        while (_owned.TryPop(out var owned))
        {
            owned.Dispose();
        }
    }
}
