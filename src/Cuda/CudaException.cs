using System.Runtime.InteropServices;
using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda;

/// <summary>
/// The driver refused a call. The text holds the call, the error's name and number, the device and, for launches, the
/// kernel.
/// </summary>
public sealed class CudaException : DeviceException
{
    internal CudaException(CUresult result, string call, DeviceId? device, string? detail)
        : base(Describe(result, call, device, detail))
    {
        Code = (int)result;
        ErrorName = NameOf(result);
        Call = ShortCall(call);
        Device = device;
    }

    /// <summary>The <c>CUresult</c>.</summary>
    public int Code { get; }

    /// <summary>The error's name, for example <c>CUDA_ERROR_INVALID_VALUE</c>.</summary>
    public string ErrorName { get; }

    /// <summary>The driver call.</summary>
    public string Call { get; }

    /// <summary>The device, when the call had one.</summary>
    public DeviceId? Device { get; }

    private static string Describe(CUresult result, string call, DeviceId? device, string? detail)
    {
        var where = device is null ? string.Empty : $" on {device}";
        var what = detail is null ? string.Empty : $" [{detail}]";
        return $"{ShortCall(call)}{what} failed{where}: {NameOf(result)} ({(int)result}).";
    }

    private static string ShortCall(string call)
    {
        var start = call.StartsWith("Driver.", StringComparison.Ordinal) ? "Driver.".Length : 0;
        return call[start..].Replace(Environment.NewLine, " ", StringComparison.Ordinal);
    }

    private static unsafe string NameOf(CUresult result)
    {
        byte* name = null;
        var isNamed = DriverLibrary.Probe() && Driver.cuGetErrorName(result, &name) == CUresult.CUDA_SUCCESS;
        return isNamed && name != null ? Marshal.PtrToStringUTF8((nint)name)! : result.ToString();
    }
}
