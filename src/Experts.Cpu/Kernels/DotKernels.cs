using System.Runtime.Intrinsics.X86;

namespace FusedMoe.Experts.Cpu;

/// <summary>The kernels that an instruction-set option allows on this processor.</summary>
internal sealed class DotKernels
{
    private readonly DotKernel _managed;
    private readonly DotKernel? _native;

    /// <summary>Kernels for <paramref name="set"/>; Auto is the best that <see cref="Available"/> lists.</summary>
    public DotKernels(InstructionSet set)
    {
        _managed = set switch
        {
            InstructionSet.Portable => new PortableDotKernel(),
            InstructionSet.Avx2 => new Avx2DotKernel(),
            InstructionSet.Avx512 => new Avx512DotKernel(),
            _ when Avx512F.IsSupported => new Avx512DotKernel(),
            _ when Fma.IsSupported => new Avx2DotKernel(),
            _ => new PortableDotKernel(),
        };
        _native = set is InstructionSet.Auto or InstructionSet.Native ? NativeDotKernel.TryCreate() : null;
    }

    /// <summary>For reports: the sets in use, best first.</summary>
    public string Name => _native is null ? _managed.Name : $"{_native.Name} for bf16, {_managed.Name} otherwise";

    /// <summary>The sets that this processor and this installation have, best first.</summary>
    public static IReadOnlyList<InstructionSet> Available()
    {
        var sets = new List<InstructionSet>();
        if (NativeDotKernel.TryCreate() is not null)
        {
            sets.Add(InstructionSet.Native);
        }

        if (Avx512F.IsSupported)
        {
            sets.Add(InstructionSet.Avx512);
        }

        if (Fma.IsSupported && Avx2.IsSupported)
        {
            sets.Add(InstructionSet.Avx2);
        }

        sets.Add(InstructionSet.Portable);
        return sets;
    }

    /// <summary>The kernel for a layer: native for bf16 layers when it is there.</summary>
    public DotKernel For(MoeLayerSpec layer) =>
        _native is not null && layer is { ActivationDType: DType.BFloat16, WeightDType: DType.BFloat16 }
            && layer.Quant is { Weight: null, Activation: null }
                ? _native
                : _managed;
}
