using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda;

/// <summary>
/// Begins the driver's start, the longest step of a cold start, on a thread of its own while the process reads its settings and
/// loads its plugins. What is asked of the driver meanwhile waits for it. Nothing here throws: a driver that is missing or
/// fails says so to whoever opens a device.
/// </summary>
public static unsafe class CudaStartup
{
    /// <summary>Begins.</summary>
    /// <param name="device">
    /// A device whose primary context is created too and kept until the process ends; null for the driver alone.
    /// </param>
    /// <returns>The thread that was started.</returns>
    public static Thread Begin(int? device = null)
    {
        var thread = new Thread(() => Start(device)) { IsBackground = true, Name = "CUDA driver start" };
        thread.Start();
        return thread;
    }

    private static void Start(int? device)
    {
        if (!DriverLibrary.Probe() || Driver.cuInit(0) != CUresult.CUDA_SUCCESS || device is not { } index)
        {
            return;
        }

        CUdevice handle;
        if (Driver.cuDeviceGet(&handle, index) == CUresult.CUDA_SUCCESS)
        {
            CUcontext context;
            _ = Driver.cuDevicePrimaryCtxRetain(&context, handle);
        }
    }
}
