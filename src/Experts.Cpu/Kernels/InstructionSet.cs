namespace FusedMoe.Experts.Cpu;

/// <summary>Instruction sets of the dot-product kernels, best first.</summary>
public enum InstructionSet
{
    /// <summary>The best one that this processor and this installation have.</summary>
    Auto,

    /// <summary>
    /// The native library's AVX512-BF16 kernels for bf16 layers; the best managed set for the others.
    /// </summary>
    Native,

    /// <summary>AVX-512, 16 float32 lanes.</summary>
    Avx512,

    /// <summary>AVX2 with FMA, 8 float32 lanes.</summary>
    Avx2,

    /// <summary><see cref="System.Numerics.Vector{T}"/>: every processor.</summary>
    Portable,
}
