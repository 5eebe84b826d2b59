namespace FusedMoe.PrepareFinalize;

/// <summary>Options of the built-in routers and prepare/finalize schemes.</summary>
public sealed class PrepareFinalizeOptions
{
    /// <summary>Where the options are bound from.</summary>
    public const string SectionName = "FusedMoe:PluginOptions:prepare-finalize";

    /// <summary>
    /// True (the default) to let small GPU kernels start before the one ahead of them has finished, where the hardware
    /// can (compute capability 9.0): at few tokens the chain is launch latency. Results are the same either way.
    /// </summary>
    public bool ProgrammaticLaunch { get; set; } = true;

    /// <summary>
    /// True to mark the steps of each call on a GPU (route, prepare, experts, finalize) as NVTX ranges, which NVIDIA's
    /// profilers show. False by default; without a profiler it has no effect, and <c>fusedmoe backends</c> says why.
    /// </summary>
    public bool NvtxRanges { get; set; }
}
