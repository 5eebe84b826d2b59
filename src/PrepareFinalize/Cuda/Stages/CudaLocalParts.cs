namespace FusedMoe.PrepareFinalize;

/// <summary>The GPU services that local schemes are made of.</summary>
internal sealed record CudaLocalParts(
    CudaActivationQuantizer Quantizer,
    CudaElementwise Elementwise,
    CudaReduction Reduction,
    CudaExpertAlignment Alignment,
    CudaLauncher Launcher);
