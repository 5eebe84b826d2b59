using FusedMoe.Cuda;

namespace FusedMoe.PrepareFinalize;

/// <summary>How a batched prepare divides its scratch behind what <see cref="CudaPrepareBuffers"/> takes.</summary>
internal readonly struct CudaBatchedScratch
{
    /// <summary>The division for up to <paramref name="tokens"/> tokens; counts start at <paramref name="start"/>.</summary>
    public CudaBatchedScratch(StageContext context, QuantKey? key, CudaActivationQuantizer quantizer, int tokens, long start)
    {
        var layer = context.Layer;
        var blockRows = (long)context.LocalExperts * context.Deployment.MaxTokens;
        var pairs = checked(tokens * layer.Shape.TopK);
        var rowType = key?.Element ?? layer.ActivationDType;
        Counts = start;
        Positions = Counts + DeviceRegion.Round((long)context.LocalExperts * sizeof(int));
        ChunkCounts = Positions + DeviceRegion.Round((long)pairs * sizeof(int));
        Blocks = ChunkCounts + DeviceRegion.Round(CudaExpertAlignment.ChunkBytes(pairs, context.LocalExperts));
        BlockScales = Blocks + DeviceRegion.Round(rowType.BytesFor(blockRows * layer.Shape.Hidden));
        ScaleColumns = key is { Scale.Group.Rows: 1 } ? (int)quantizer.ScaleShape(key, 1, layer.Shape.Hidden).Elements : 0;
        End = BlockScales + (key is null ? 0 : DeviceRegion.Round(key.Scale.DType.BytesFor(blockRows * ScaleColumns)));
    }

    /// <summary>Offset of the rows of each expert, int32 <c>[E]</c>.</summary>
    public long Counts { get; }

    /// <summary>Offset of each pair's row, int32 <c>[M, k]</c>.</summary>
    public long Positions { get; }

    /// <summary>Offset of the alignment's own scratch.</summary>
    public long ChunkCounts { get; }

    /// <summary>Offset of the experts' blocks.</summary>
    public long Blocks { get; }

    /// <summary>Offset of the scales of those rows.</summary>
    public long BlockScales { get; }

    /// <summary>Scales of one row; 0 when they do not belong to rows.</summary>
    public int ScaleColumns { get; }

    /// <summary>Bytes in all.</summary>
    public long End { get; }
}
