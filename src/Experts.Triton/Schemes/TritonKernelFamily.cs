namespace FusedMoe.Experts.Triton;

/// <summary>The grouped product kernels.</summary>
internal enum TritonKernelFamily
{
    /// <summary>16-bit activations and weights.</summary>
    Grouped,

    /// <summary>Quantized activations and weights.</summary>
    Scaled,

    /// <summary>bf16 activations, quantized weights.</summary>
    WeightOnly,
}
