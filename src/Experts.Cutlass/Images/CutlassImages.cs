using System.Reflection;
using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>The compiled kernels of this assembly.</summary>
internal sealed class CutlassImages
{
    private CutlassImages(KernelLibrary library) => Library = library;

    /// <summary>Where kernels are loaded from.</summary>
    public KernelLibrary Library { get; }

    /// <summary>The images embedded in this assembly.</summary>
    /// <exception cref="KernelImageException">The assembly was built without images.</exception>
    public static CutlassImages FromAssembly() => new(KernelLibrary.FromAssembly(Assembly.GetExecutingAssembly()));

    /// <summary>Key of a first product.</summary>
    /// <param name="dtype">bf16 or fp16.</param>
    /// <param name="epilogue">What happens to the sums.</param>
    /// <param name="tile">Tile.</param>
    public static string FirstKey(DType dtype, CutlassEpilogue epilogue, CutlassTile tile) =>
        $"sm90_{dtype.Name()}_grouped_gemm_{Word(epilogue)}_{tile.Key}";

    /// <summary>Key of a second product.</summary>
    /// <param name="dtype">bf16 or fp16.</param>
    /// <param name="tile">Tile.</param>
    public static string SecondKey(DType dtype, CutlassTile tile) => $"sm90_{dtype.Name()}_grouped_gemm_down_{tile.Key}";

    /// <summary>Key of a first product of few tokens.</summary>
    /// <param name="dtype">bf16 or fp16.</param>
    /// <param name="epilogue">What happens to the sums.</param>
    public static string DecodeKey(DType dtype, CutlassEpilogue epilogue) => $"sm90_{dtype.Name()}_decode_{Word(epilogue)}";

    /// <summary>Key of a second product of few tokens, which sums over slots.</summary>
    /// <param name="dtype">bf16 or fp16.</param>
    public static string DecodeDownKey(DType dtype) => $"sm90_{dtype.Name()}_decode_down";

    private static string Word(CutlassEpilogue epilogue) => epilogue switch
    {
        CutlassEpilogue.Silu => "silu",
        CutlassEpilogue.SwigluOai => "swigluoai",
        _ => "plain",
    };
}
