using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda;

/// <summary>Starts the driver and creates a GPU's primary context, which is kept until the process ends.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed unsafe class CudaStartupAttribute : DeviceStartupAttribute
{
    /// <inheritdoc/>
    public override void Start(int index)
    {
        if (!DriverLibrary.Probe() || Driver.cuInit(0) != CUresult.CUDA_SUCCESS)
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
