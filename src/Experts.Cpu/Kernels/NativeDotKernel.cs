using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace FusedMoe.Experts.Cpu;

/// <summary>
/// Dot products of bf16 rows in the native library, for processors with AVX512-BF16. The library is compiled ahead of
/// time (tools/build-cpu-native.sh) and lies beside this assembly; without it the managed kernels do the work.
/// </summary>
internal sealed unsafe class NativeDotKernel : DotKernel
{
    /// <summary>File name of the library.</summary>
    public const string LibraryName = "libfusedmoe_cpu.so";

    private const string Symbol = "fusedmoe_dot_bf16";

    // CPUID leaf 7, sub-leaf 1, EAX bit 5.
    private const int BFloat16Leaf = 7;
    private const int BFloat16SubLeaf = 1;
    private const int BFloat16Bit = 1 << 5;

    private static readonly Lazy<nint> Function = new(Load);

    private readonly delegate* unmanaged<byte**, long, byte*, long, long, long, float*, long, byte*, void> _multiply;

    private NativeDotKernel(nint function) =>
        _multiply = (delegate* unmanaged<byte**, long, byte*, long, long, long, float*, long, byte*, void>)function;

    /// <inheritdoc/>
    public override string Name => "native avx512-bf16";

    /// <inheritdoc/>
    public override DType Operand => DType.BFloat16;

    /// <summary>The kernel, or null when the processor or the library is missing.</summary>
    public static NativeDotKernel? TryCreate() => Function.Value == 0 ? null : new NativeDotKernel(Function.Value);

    /// <inheritdoc/>
    public override void Multiply(
        byte** rows, int m, byte* w, nint stride, int n, int k, float* c, int ldc, byte* next) =>
        _multiply(rows, m, w, stride, n, k, c, ldc, next);

    private static nint Load()
    {
        var folder = Path.GetDirectoryName(typeof(NativeDotKernel).Assembly.Location);
        return HasBFloat16() && OperatingSystem.IsLinux() && !string.IsNullOrEmpty(folder)
            && NativeLibrary.TryLoad(Path.Combine(folder, LibraryName), out var library)
            && NativeLibrary.TryGetExport(library, Symbol, out var function)
                ? function
                : 0;
    }

    // NOTE: Avx512F.IsSupported also says that the operating system saves the wide registers.
    private static bool HasBFloat16() =>
        Avx512F.IsSupported && Avx512BW.IsSupported && Avx512F.VL.IsSupported
        && (X86Base.CpuId(BFloat16Leaf, BFloat16SubLeaf).Eax & BFloat16Bit) != 0;
}
