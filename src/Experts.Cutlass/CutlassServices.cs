using FusedMoe.Cuda;
using Microsoft.Extensions.Options;

namespace FusedMoe.Experts.Cutlass;

/// <summary>What the backend is built from: images, options, and the device's shared building blocks.</summary>
internal sealed class CutlassServices(
    IOptions<CutlassOptions> options,
    IEnumerable<IExpertAlignment> alignments,
    IEnumerable<IActivationOps> activations,
    IEnumerable<ITopKWeightAndReduceProvider> reductions)
{
    private readonly Lazy<CutlassImages> _images = new(CutlassImages.FromAssembly);
    private readonly IExpertAlignment[] _alignments = [.. alignments];
    private readonly IActivationOps[] _activations = [.. activations];
    private readonly ITopKWeightAndReduceProvider[] _reductions = [.. reductions];

    /// <summary>Compiled kernels.</summary>
    public KernelLibrary Library => _images.Value.Library;

    /// <summary>Options.</summary>
    public CutlassOptions Options => options.Value;

    /// <summary>Sorts pairs by expert on CUDA devices; null when no plugin brings it.</summary>
    public IExpertAlignment? Alignment => Array.Find(_alignments, a => a.DeviceKind == DeviceKind.Cuda);

    /// <summary>Activations as a step of their own on CUDA devices; null when no plugin brings them.</summary>
    public IActivationOps? Activations => Array.Find(_activations, a => a.DeviceKind == DeviceKind.Cuda);

    /// <summary>Weighted sums over slots on CUDA devices; null when no plugin brings them.</summary>
    public ITopKWeightAndReduceProvider? Reductions => Array.Find(_reductions, r => r.DeviceKind == DeviceKind.Cuda);
}
