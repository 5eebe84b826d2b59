using FusedMoe.Cuda;
using Microsoft.Extensions.Options;

namespace FusedMoe.PrepareFinalize;

/// <summary>Steps as NVTX ranges, when the option asks for them.</summary>
internal sealed class CudaStepRanges(IOptions<PrepareFinalizeOptions> options) : IStepRanges
{
    private static readonly NvtxName[] Names =
        [new("moe route"), new("moe prepare"), new("moe experts"), new("moe finalize")];

    public DeviceKind DeviceKind => DeviceKind.Cuda;

    public Support Availability => options.Value.NvtxRanges
        ? NvtxRange.Availability
        : Support.No(
            CudaRefusalCodes.ProfilerRanges,
            $"{PrepareFinalizeOptions.SectionName}:{nameof(PrepareFinalizeOptions.NvtxRanges)}",
            "true",
            "false");

    public void Begin(LayerStep step) => NvtxRange.Push(Names[(int)step]);

    public void End() => NvtxRange.Pop();
}
