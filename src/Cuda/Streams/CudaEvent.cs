using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda;

/// <summary>A point in a stream that can be waited for and timed.</summary>
public sealed unsafe class CudaEvent : IComputeEvent
{
    private const uint DisableTiming = 2;
    private readonly CudaDevice _device;
    private readonly bool _canTime;
    private CUevent _handle;
    private bool _isRecorded;

    /// <summary>A new event; recording the time costs a little, so it is off by default.</summary>
    public CudaEvent(CudaDevice device, bool canTime = false)
    {
        ArgumentNullException.ThrowIfNull(device);
        (_device, _canTime) = (device, canTime);
        device.MakeCurrent();
        CUevent handle;
        Driver.cuEventCreate(&handle, canTime ? 0 : DisableTiming).Check(device.Id);
        _handle = handle;
        HandleCounts.Opened();
    }

    /// <summary>True when all work before the last <see cref="Record"/> is done.</summary>
    public bool IsDone
    {
        get
        {
            _device.MakeCurrent();
            var status = Driver.cuEventQuery(_handle);
            if (status == CUresult.CUDA_ERROR_NOT_READY)
            {
                return false;
            }

            status.Check(_device.Id);
            return true;
        }
    }

    internal CUevent Handle => _handle;

    /// <summary>Marks the current end of <paramref name="stream"/>.</summary>
    public void Record(CudaStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _device.MakeCurrent();
        Driver.cuEventRecord(_handle, stream.NativeHandle).Check(_device.Id);
        _isRecorded = true;
    }

    /// <summary>Blocks until the marked work is done.</summary>
    public void Synchronize()
    {
        _device.MakeCurrent();
        Driver.cuEventSynchronize(_handle).Check(_device.Id);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="earlier"/> is not a CUDA event.</exception>
    public double MicrosecondsSince(IComputeEvent earlier)
    {
        var start = Require(earlier);
        if (!_isRecorded || !start._isRecorded || !_canTime || !start._canTime)
        {
            throw new InvalidOperationException(
                "Both events must be recorded and able to time; create them with canTime and record them.");
        }

        Synchronize();
        float milliseconds;
        Driver.cuEventElapsedTime(&milliseconds, start._handle, _handle).Check(_device.Id);
        return milliseconds * 1000.0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_handle.Value != 0)
        {
            if (!_device.IsDisposed)
            {
                _ = Driver.cuEventDestroy(_handle);
            }

            _handle = default;
            HandleCounts.Closed();
        }
    }

    internal static CudaEvent Require(IComputeEvent marker) => marker as CudaEvent
        ?? throw new ArgumentException(
            $"The event must be a CUDA event, got {marker?.GetType().Name ?? "null"}.", nameof(marker));
}
