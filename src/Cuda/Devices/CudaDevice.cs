using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda;

/// <summary>
/// An opened GPU: its primary context, one memory pool that keeps freed memory for reuse, and the kernels loaded on it.
/// Members may be called from any thread.
/// </summary>
public sealed unsafe class CudaDevice : IComputeDevice
{
    // Which device's context this thread has made current; a number, so that no thread keeps a closed device alive.
    [ThreadStatic]
    private static long _currentNumber;

    private static long _lastNumber;

    private readonly long _number = Interlocked.Increment(ref _lastNumber);
    private readonly CUdevice _device;
    private readonly CUcontext _context;
    private CUmemoryPool _pool;
    private CUstream _memoryStream;
    private long _allocatedBytes;
    private int _isDisposed;

    internal CudaDevice(DeviceTraits traits)
    {
        Traits = traits;
        CUdevice device;
        Driver.cuDeviceGet(&device, traits.Id.Index).Check(Id);
        CUcontext context;
        Driver.cuDevicePrimaryCtxRetain(&context, device).Check(Id);
        (_device, _context) = (device, context);
        HandleCounts.Opened();
        try
        {
            MakeCurrent();
            CreatePool();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public DeviceTraits Traits { get; }

    /// <inheritdoc/>
    public long AllocatedBytes => Interlocked.Read(ref _allocatedBytes);

    /// <summary>
    /// Free and total memory of the device in bytes, as the driver sees it now; the pool's reserve counts as used.
    /// </summary>
    public (long Free, long Total) MemoryBytes
    {
        get
        {
            MakeCurrent();
            nuint free;
            nuint total;
            Driver.cuMemGetInfo(&free, &total).Check(Id);
            return ((long)free, (long)total);
        }
    }

    /// <summary>
    /// What the driver counts in this device's pool in bytes: handed out (each allocation rounded up by the driver), and held.
    /// </summary>
    public (long Used, long Reserved) PoolBytes
    {
        get
        {
            MakeCurrent();
            ulong used;
            ulong reserved;
            Driver.cuMemPoolGetAttribute(_pool, CUmemPool_attribute.CU_MEMPOOL_ATTR_USED_MEM_CURRENT, &used).Check(Id);
            Driver.cuMemPoolGetAttribute(_pool, CUmemPool_attribute.CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT, &reserved).Check(Id);
            return ((long)used, (long)reserved);
        }
    }

    internal DeviceId Id => Traits.Id;

    internal bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

    internal ModuleCache Modules { get; } = new();

    /// <inheritdoc/>
    public IDeviceMemory Allocate(long bytes, string purpose)
    {
        MakeCurrent();
        var memory = AllocateOn(null, bytes, purpose);
        Driver.cuStreamSynchronize(_memoryStream).Check(Id);
        return memory;
    }

    /// <inheritdoc/>
    IComputeStream IComputeDevice.CreateStream() => CreateStream();

    /// <summary>A new stream that does not synchronize with the default stream.</summary>
    /// <param name="isUrgent">True for the device's highest priority, false for its lowest.</param>
    public CudaStream CreateStream(bool isUrgent = false) => new(this, isUrgent);

    /// <inheritdoc/>
    IComputeEvent IComputeDevice.CreateEvent() => new CudaEvent(this, canTime: true);

    /// <summary>
    /// Makes the pool hold at least <paramref name="bytes"/>, so that allocations up to that sum take no driver memory
    /// later.
    /// </summary>
    /// <exception cref="DeviceMemoryException">The device has too little free memory.</exception>
    public void Reserve(long bytes, string purpose) => Allocate(bytes, purpose).Dispose();

    /// <summary>
    /// Lets kernels on this device read and write <paramref name="peer"/>'s memory. False when the hardware has no
    /// path.
    /// </summary>
    public bool EnablePeerAccess(CudaDevice peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        var canAccess = 0;
        Driver.cuDeviceCanAccessPeer(&canAccess, _device, peer._device).Check(Id);
        if (canAccess == 0)
        {
            return false;
        }

        MakeCurrent();
        var status = Driver.cuCtxEnablePeerAccess(peer._context, 0);
        if (status != CUresult.CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED)
        {
            status.Check(Id, $"peer {peer.Id}");
        }

        var access = new CUmemAccessDesc { location = new() { type = 1, id = Id.Index }, flags = 3 };
        Driver.cuMemPoolSetAccess(peer._pool, &access, 1).Check(peer.Id);
        return true;
    }

    /// <summary>Blocks until all work of the context is done. Device errors of that work surface here.</summary>
    public void Synchronize()
    {
        MakeCurrent();
        Driver.cuCtxSynchronize().Check(Id);
    }

    /// <summary>
    /// Unloads the kernels, destroys the pool and releases the context. Buffers must be disposed before.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        // Failures are ignored here and in every other Dispose: after a device error each call reports it again, and it
        // has already surfaced where the work was awaited.
        _ = Driver.cuCtxSetCurrent(_context);
        _currentNumber = 0;
        Modules.Dispose();
        if (_memoryStream.Value != 0)
        {
            _ = Driver.cuStreamDestroy(_memoryStream);
        }

        if (_pool.Value != 0)
        {
            _ = Driver.cuMemPoolDestroy(_pool);
        }

        _ = Driver.cuDevicePrimaryCtxRelease(_device);
        HandleCounts.Closed();
    }

    internal void MakeCurrent()
    {
        if (_currentNumber != _number || IsDisposed)
        {
            SetCurrent();
        }
    }

    private void SetCurrent()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Driver.cuCtxSetCurrent(_context).Check(Id);
        _currentNumber = _number;
    }

    /// <summary>Memory in the order of <paramref name="owner"/>, or of no stream when it is null.</summary>
    internal DeviceBuffer AllocateOn(CudaStream? owner, long bytes, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (bytes == 0)
        {
            return new DeviceBuffer(this, null, 0, 0);
        }

        var stream = owner?.NativeHandle ?? _memoryStream;

        ulong pointer;
        var status = Driver.cuMemAllocFromPoolAsync(&pointer, (nuint)bytes, _pool, stream);
        if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY)
        {
            // The pool keeps freed blocks whose sizes may not fit; give them back and try once more.
            Driver.cuCtxSynchronize().Check(Id);
            Driver.cuMemPoolTrimTo(_pool, 0).Check(Id);
            status = Driver.cuMemAllocFromPoolAsync(&pointer, (nuint)bytes, _pool, stream);
            if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY)
            {
                throw new DeviceMemoryException(Id, purpose, bytes, MemoryBytes.Free);
            }
        }

        status.Check(Id, $"{bytes} bytes for {purpose}", nameof(Driver.cuMemAllocFromPoolAsync));
        Interlocked.Add(ref _allocatedBytes, bytes);
        HandleCounts.Opened();
        return new DeviceBuffer(this, owner, pointer, bytes);
    }

    /// <summary>
    /// Takes memory back in the order of <paramref name="owner"/>; without one, or when it is disposed, after all work.
    /// </summary>
    internal void Free(ulong pointer, long bytes, CudaStream? owner)
    {
        if (!IsDisposed)
        {
            MakeCurrent();
            var stream = owner?.NativeHandle ?? default;
            if (stream.Value == 0)
            {
                // Any stream may still use the memory; only the whole context is known to cover them all.
                _ = Driver.cuCtxSynchronize();
                stream = _memoryStream;
            }

            _ = Driver.cuMemFreeAsync(pointer, stream);
        }

        Interlocked.Add(ref _allocatedBytes, -bytes);
        HandleCounts.Closed();
    }

    private void CreatePool()
    {
        var properties = new CUmemPoolProps { allocType = 1, location = new() { type = 1, id = Id.Index } };
        CUmemoryPool pool;
        Driver.cuMemPoolCreate(&pool, &properties).Check(Id);
        _pool = pool;
        var keepAll = ulong.MaxValue;
        Driver.cuMemPoolSetAttribute(pool, CUmemPool_attribute.CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &keepAll).Check(Id);
        CUstream stream;
        Driver.cuStreamCreateWithPriority(&stream, CudaStream.NonBlocking, 0).Check(Id);
        _memoryStream = stream;
    }
}
