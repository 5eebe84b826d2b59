using System.Text;
using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda;

// One loaded image. Owned by the device's cache.
internal sealed unsafe class CudaModule : IDisposable
{
    private const int LogBytes = 4096;
    private const int DefaultSharedBytes = 48 << 10;
    private const int WholeCarveOut = 100;
    private readonly CudaDevice _device;
    private readonly string _file;
    private CUmodule _handle;

    internal CudaModule(CudaDevice device, string file, ReadOnlySpan<byte> image)
    {
        (_device, _file) = (device, file);
        device.MakeCurrent();

        // PTX is text and must end with a zero; a cubin does not mind one.
        var terminated = new byte[image.Length + 1];
        image.CopyTo(terminated);
        var log = stackalloc byte[LogBytes];
        log[0] = 0;
        var options = stackalloc CUjit_option[]
        {
            CUjit_option.CU_JIT_ERROR_LOG_BUFFER, CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
        };
        var values = stackalloc void*[] { log, (void*)LogBytes };
        CUmodule module;
        fixed (byte* data = terminated)
        {
            var status = Driver.cuModuleLoadDataEx(&module, data, 2, options, values);
            if (status != CUresult.CUDA_SUCCESS)
            {
                status.Check(device.Id, Describe(log), nameof(Driver.cuModuleLoadDataEx));
            }
        }

        _handle = module;
        HandleCounts.Opened();
    }

    internal CudaKernel GetKernel(KernelEntry entry)
    {
        CUfunction function;
        Driver.cuModuleGetFunction(&function, _handle, entry.Symbol).Check(_device.Id, $"{entry.Symbol} in {_file}");
        CheckParameters(function, entry);
        if (entry.SharedBytes > 0)
        {
            Driver.cuFuncSetAttribute(
                function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, entry.SharedBytes)
                .Check(_device.Id, $"{entry.Key}, {entry.SharedBytes} bytes");
        }

        if (entry.SharedBytes > DefaultSharedBytes)
        {
            // Such a kernel lives off shared memory; with all of it there, the next kernel's block may stand beside this one's.
            Driver.cuFuncSetAttribute(
                    function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT, WholeCarveOut)
                .Check(_device.Id, $"{entry.Key}, shared memory carve-out");
        }

        return new CudaKernel(_device, function, entry);
    }

    public void Dispose()
    {
        if (_handle.Value != 0)
        {
            _ = Driver.cuModuleUnload(_handle);
            _handle = default;
            HandleCounts.Closed();
        }
    }

    private void CheckParameters(CUfunction function, KernelEntry entry)
    {
        if (_device.Traits.DriverVersion < CudaDriver.ParameterQueryVersion)
        {
            return;
        }

        // Offsets count from where the driver lays parameters: behind its own, at the first one's alignment. A tensor map
        // has 64, so only offsets from the first parameter are the kernel's.
        nuint first = 0;

        // NOTE: asked only for the parameters that the manifest names; some drivers crash when asked past the end.
        for (var i = 0; i < entry.Parameters.Count; i++)
        {
            nuint offset;
            nuint size;
            var status = Driver.cuFuncGetParamInfo(function, (nuint)i, &offset, &size);
            var expected = entry.Parameters[i];
            first = i == 0 ? offset : first;
            offset -= first;
            if (status != CUresult.CUDA_SUCCESS || (int)offset != expected.Offset || (int)size != expected.Size)
            {
                var actual = status == CUresult.CUDA_SUCCESS ? $"offset {offset}, size {size}" : "none";
                throw new KernelImageException(
                    $"Parameter {i} of kernel '{entry.Key}' in {_file} must have offset {expected.Offset}, "
                    + $"size {expected.Size}, got {actual}; run the kernel build again.");
            }
        }
    }

    private string Describe(byte* log)
    {
        var bytes = new ReadOnlySpan<byte>(log, LogBytes);
        var end = bytes.IndexOf((byte)0);
        var text = Encoding.UTF8.GetString(bytes[..Math.Max(end, 0)]).Trim();
        return text.Length == 0 ? _file : $"{_file}: {text}";
    }
}
