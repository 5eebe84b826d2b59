using System.Runtime.InteropServices;
using FusedMoe.Cuda.Interop;
using FusedMoe.PrepareFinalize;

namespace FusedMoe.Cuda.Benchmarks;

/// <summary>
/// The driver's launch calls through function pointers in a loop, with nothing else in it: the floor of a launch.
/// </summary>
internal sealed unsafe class BareLaunch
{
    private readonly delegate* unmanaged<
        CUfunction, uint, uint, uint, uint, uint, uint, uint, CUstream, void**, void**, CUresult> _launch;

    private readonly delegate* unmanaged<CUlaunchConfig*, CUfunction, void**, void**, CUresult> _launchExtended;
    private readonly CUfunction _function;
    private readonly CUstream _stream;
    private readonly uint _threads;
    private readonly int[] _offsets;
    private readonly int _argumentBytes;

    public BareLaunch(CudaKernel kernel, CudaStream stream)
    {
        (_function, _stream, _threads) = (kernel.Function, stream.NativeHandle, (uint)kernel.Entry.Threads);
        _argumentBytes = kernel.Entry.ArgumentBytes;
        _offsets = [.. kernel.Entry.Parameters.Select(p => p.Offset)];
        var driver = NativeLibrary.Load(DriverLibrary.FileNames[0]);
        _launch = (delegate* unmanaged<
            CUfunction, uint, uint, uint, uint, uint, uint, uint, CUstream, void**, void**, CUresult>)
            NativeLibrary.GetExport(driver, nameof(Driver.cuLaunchKernel));
        _launchExtended = (delegate* unmanaged<CUlaunchConfig*, CUfunction, void**, void**, CUresult>)
            NativeLibrary.GetExport(driver, nameof(Driver.cuLaunchKernelEx));
    }

    /// <summary><c>cuLaunchKernel</c>, <paramref name="count"/> times.</summary>
    public void Run(PackTopKArgs args, int count)
    {
        var parameters = stackalloc void*[_offsets.Length];
        PointAt((byte*)&args, parameters);
        for (var i = 0; i < count; i++)
        {
            Require(_launch(_function, 1, 1, 1, _threads, 1, 1, 0, _stream, parameters, null));
        }
    }

    /// <summary>
    /// <c>cuLaunchKernel</c> with the arguments as one packed buffer instead of a pointer to each.
    /// </summary>
    public void RunPacked(PackTopKArgs args, int count)
    {
        // cuda.h: CU_LAUNCH_PARAM_BUFFER_POINTER 1, CU_LAUNCH_PARAM_BUFFER_SIZE 2, CU_LAUNCH_PARAM_END 0.
        var size = (nuint)_argumentBytes;
        var extra = stackalloc void*[] { (void*)1, &args, (void*)2, &size, null };
        for (var i = 0; i < count; i++)
        {
            Require(_launch(_function, 1, 1, 1, _threads, 1, 1, 0, _stream, null, extra));
        }
    }

    /// <summary><c>cuLaunchKernelEx</c>, <paramref name="count"/> times.</summary>
    public void RunExtended(PackTopKArgs args, int count, bool isProgrammatic)
    {
        var parameters = stackalloc void*[_offsets.Length];
        PointAt((byte*)&args, parameters);
        var attribute = new CUlaunchAttribute
        {
            id = CUlaunchAttributeID.CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION,
            value0 = 1,
        };
        var config = new CUlaunchConfig
        {
            gridDimX = 1,
            gridDimY = 1,
            gridDimZ = 1,
            blockDimX = _threads,
            blockDimY = 1,
            blockDimZ = 1,
            hStream = _stream,
            attrs = &attribute,
            numAttrs = isProgrammatic ? 1u : 0u,
        };
        for (var i = 0; i < count; i++)
        {
            Require(_launchExtended(&config, _function, parameters, null));
        }
    }

    private void PointAt(byte* args, void** parameters)
    {
        for (var i = 0; i < _offsets.Length; i++)
        {
            parameters[i] = args + _offsets[i];
        }
    }

    private static void Require(CUresult result)
    {
        if (result != CUresult.CUDA_SUCCESS)
        {
            throw new InvalidOperationException($"The driver must launch the kernel, got {result}.");
        }
    }
}
