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

    /// <summary>Key of a grouped product.</summary>
    /// <param name="dtype">bf16 or fp16.</param>
    /// <param name="epilogue">What happens to the sums.</param>
    /// <param name="tile">Tile.</param>
    public static string Key(DType dtype, CutlassEpilogue epilogue, CutlassTile tile)
    {
        var word = epilogue switch
        {
            CutlassEpilogue.Silu => "silu",
            CutlassEpilogue.SwigluOai => "swigluoai",
            _ => "plain",
        };
        return $"sm90_{dtype.Name()}_grouped_gemm_{word}_{tile.Key}";
    }
}
