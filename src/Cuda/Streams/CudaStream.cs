using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda;

/// <summary>A stream of one GPU. Calls on one stream are not concurrent.</summary>
public sealed unsafe class CudaStream : IComputeStream
{
    internal const uint NonBlocking = 1;
    // Relaxed: the first call of a kernel may load its module while a graph is captured.
    private const int RelaxedCapture = 2;
    private const int MemoryTypeAttribute = 2;
    private readonly CudaDevice _device;
    private readonly CudaEvent _fence;
    private CUstream _handle;
    private bool _isCapturing;

    internal CudaStream(CudaDevice device, bool isUrgent)
    {
        _device = device;
        device.MakeCurrent();
        int least;
        int greatest;
        Driver.cuCtxGetStreamPriorityRange(&least, &greatest).Check(device.Id);
        _fence = new CudaEvent(device);
        CUstream handle;
        var status = Driver.cuStreamCreateWithPriority(&handle, NonBlocking, isUrgent ? greatest : least);
        if (status != CUresult.CUDA_SUCCESS)
        {
            _fence.Dispose();
            status.Check(device.Id, null, nameof(Driver.cuStreamCreateWithPriority));
        }

        _handle = handle;
        HandleCounts.Opened();
    }

    /// <inheritdoc/>
    IComputeDevice IComputeStream.Device => _device;

    /// <summary>The device the stream belongs to.</summary>
    public CudaDevice Device => _device;

    /// <inheritdoc/>
    public nint Handle => _handle.Value;

    internal CUstream NativeHandle => _handle;

    /// <summary>
    /// Takes <paramref name="bytes"/> of memory in the order of this stream; disposing gives it back in the same order.
    /// </summary>
    /// <exception cref="DeviceMemoryException">The device has too little free memory.</exception>
    public DeviceBuffer Allocate(long bytes, string purpose)
    {
        _device.MakeCurrent();
        return _device.AllocateOn(this, bytes, purpose);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The stream is being captured: a replay would read memory that is
    /// gone by then.</exception>
    public void CopyToDevice(ReadOnlySpan<byte> source, nint destination)
    {
        RefuseCapture(nameof(CopyToDevice));
        if (source.IsEmpty)
        {
            return;
        }

        _device.MakeCurrent();
        fixed (byte* pointer = source)
        {
            Driver.cuMemcpyHtoDAsync((ulong)destination, pointer, (nuint)source.Length, _handle).Check(_device.Id);

            // Pageable memory is staged before the call returns; pinned memory is read later, so wait for it.
            uint memoryType;
            if (Driver.cuPointerGetAttribute(&memoryType, MemoryTypeAttribute, (ulong)pointer) == CUresult.CUDA_SUCCESS)
            {
                Synchronize();
            }
        }
    }

    /// <summary>
    /// Copies pinned memory to the device, ordered on the stream; <paramref name="source"/> must keep its content until
    /// then.
    /// </summary>
    public void CopyToDevice(HostBuffer source, long offset, nint destination, long bytes)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, source.Bytes - offset);
        _device.MakeCurrent();
        var pointer = (byte*)source.Pointer + offset;
        Driver.cuMemcpyHtoDAsync((ulong)destination, pointer, (nuint)bytes, _handle).Check(_device.Id);
    }

    /// <inheritdoc/>
    public void CopyToHost(nint source, Span<byte> destination)
    {
        RefuseCapture(nameof(CopyToHost));
        if (destination.IsEmpty)
        {
            Synchronize();
            return;
        }

        _device.MakeCurrent();
        fixed (byte* pointer = destination)
        {
            Driver.cuMemcpyDtoHAsync(pointer, (ulong)source, (nuint)destination.Length, _handle).Check(_device.Id);
            Synchronize();
        }
    }

    /// <inheritdoc/>
    public void Copy(nint source, nint destination, long bytes)
    {
        if (bytes == 0)
        {
            return;
        }

        _device.MakeCurrent();
        Driver.cuMemcpyDtoDAsync((ulong)destination, (ulong)source, (nuint)bytes, _handle).Check(_device.Id);
    }

    /// <inheritdoc/>
    public void Fill(nint destination, byte value, long bytes)
    {
        if (bytes == 0)
        {
            return;
        }

        _device.MakeCurrent();
        Driver.cuMemsetD8Async((ulong)destination, value, (nuint)bytes, _handle).Check(_device.Id);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="other"/> is not a CUDA stream.</exception>
    public void WaitFor(IComputeStream other)
    {
        var stream = Require(other);
        if (ReferenceEquals(stream, this))
        {
            return;
        }

        stream._fence.Record(stream);
        WaitFor(stream._fence);
    }

    /// <summary>Makes later work on this stream wait for the work that <paramref name="point"/> marks.</summary>
    public void WaitFor(CudaEvent point)
    {
        ArgumentNullException.ThrowIfNull(point);
        _device.MakeCurrent();
        Driver.cuStreamWaitEvent(_handle, point.Handle, 0).Check(_device.Id);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="marker"/> is not a CUDA event.</exception>
    public void Record(IComputeEvent marker) => CudaEvent.Require(marker).Record(this);

    /// <inheritdoc/>
    public void Synchronize()
    {
        _device.MakeCurrent();
        Driver.cuStreamSynchronize(_handle).Check(_device.Id);
    }

    /// <inheritdoc/>
    IComputeGraph IComputeStream.Capture(Action<IComputeStream> enqueue) => Capture(enqueue);

    /// <inheritdoc cref="IComputeStream.Capture"/>
    public CudaGraph Capture(Action<IComputeStream> enqueue)
    {
        var graph = RecordGraph(enqueue);
        try
        {
            return new CudaGraph(_device, graph);
        }
        finally
        {
            _ = Driver.cuGraphDestroy(graph);
        }
    }

    /// <summary>Waits for nothing; the driver destroys the stream when its work is done.</summary>
    public void Dispose()
    {
        if (_handle.Value != 0)
        {
            if (!_device.IsDisposed)
            {
                _ = Driver.cuStreamDestroy(_handle);
            }

            _fence.Dispose();
            _handle = default;
            HandleCounts.Closed();
        }
    }

    internal static CudaStream Require(IComputeStream stream) => stream as CudaStream
        ?? throw new ArgumentException(
            $"The stream must be a CUDA stream, got {stream?.GetType().Name ?? "null"}.", nameof(stream));

    /// <summary>The graph of what <paramref name="enqueue"/> puts on this stream; the caller destroys it.</summary>
    internal CUgraph RecordGraph(Action<IComputeStream> enqueue)
    {
        ArgumentNullException.ThrowIfNull(enqueue);
        RefuseCapture(nameof(Capture));
        _device.MakeCurrent();
        Driver.cuStreamBeginCapture(_handle, RelaxedCapture).Check(_device.Id);
        _isCapturing = true;
        CUgraph graph = default;
        CUresult status;
        var isRecorded = false;
        try
        {
            enqueue(this);
            isRecorded = true;
        }
        finally
        {
            _isCapturing = false;
            status = Driver.cuStreamEndCapture(_handle, &graph);
            if (!isRecorded && graph.Value != 0)
            {
                _ = Driver.cuGraphDestroy(graph);
            }
        }

        status.Check(_device.Id, null, nameof(Driver.cuStreamEndCapture));
        return graph;
    }

    private void RefuseCapture(string operation)
    {
        if (_isCapturing)
        {
            throw new InvalidOperationException(
                $"{operation} cannot be captured in a graph; call it before or after the capture.");
        }
    }
}
