namespace FusedMoe.Cuda;

/// <summary>Refusal codes of the driver layer.</summary>
public static class CudaRefusalCodes
{
    /// <summary>No profiler takes ranges.</summary>
    public static readonly RefusalCode Profiler = new("cuda.profiler");

    /// <summary>Ranges are turned off.</summary>
    public static readonly RefusalCode ProfilerRanges = new("cuda.profiler-ranges");
}
