using System.Runtime.CompilerServices;

namespace FusedMoe.Cuda.Interop;

internal static class CUresultExtensions
{
    /// <summary>Throws with the text of the call unless it succeeded.</summary>
    internal static void Check(
        this CUresult result,
        DeviceId? device = null,
        string? detail = null,
        [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != CUresult.CUDA_SUCCESS)
        {
            throw new CudaException(result, call, device, detail);
        }
    }
}
