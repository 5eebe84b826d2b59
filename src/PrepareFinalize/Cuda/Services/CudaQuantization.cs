using System.Collections.Concurrent;

namespace FusedMoe.PrepareFinalize;

/// <summary>What the GPU does for one key.</summary>
internal sealed record CudaQuantization(CudaQuantizationKind Kind, GroupShape Group, float ElementMax)
{
    /// <summary>The accepted keys in words, for refusals.</summary>
    public const string Accepted =
        "fp8-e4m3, int8, mxfp8, mxfp4 or nvfp4 with scales a tensor, token, 128x128 or 1x16 to 1x128";

    // A call may not allocate, so each key is looked at once.
    private static readonly ConcurrentDictionary<QuantKey, CudaQuantization?> Known = [];

    /// <summary>The kernel of groups along a row.</summary>
    public string GroupsKey { get; } = $"sm80_any_quantization_groups_{Group.Columns}";

    /// <summary>True when there is one scale a row.</summary>
    public bool IsPerRow => Group == GroupShape.PerToken;

    /// <summary>The way of <paramref name="key"/>, or null when there is none.</summary>
    public static CudaQuantization? For(QuantKey key) => Known.GetOrAdd(key, Find);

    /// <summary>The shape of the scales.</summary>
    public TensorShape ScaleShape(int rows, int columns) => (Group.Rows, Group.Columns) switch
    {
        (-1, -1) => new TensorShape(1, 1),
        (1, -1) => new TensorShape(rows, 1),
        (1, var c) => new TensorShape(rows, (columns + c - 1) / c),
        var (r, c) => new TensorShape((rows + r - 1) / r, (columns + c - 1) / c),
    };

    /// <summary>Rows and columns of one block's tile.</summary>
    public (int Rows, int Columns) Tile(int columns) => IsPerRow ? (1, Math.Max(columns, 1)) : (Group.Rows, Group.Columns);

    private static CudaQuantization? Find(QuantKey key)
    {
        var max = key.Element switch
        {
            DType.Float8E4M3 => 448f,
            DType.Int8 => 127f,
            DType.Float4E2M1 => 6f,
            _ => 0f,
        };
        var hasSecond = key.Scale.DType == DType.Float8E4M3;
        if (max == 0f || !key.IsSymmetric || hasSecond != key.SecondScale is not null)
        {
            return null;
        }

        CudaQuantizationKind? kind = key.Scale.Group switch
        {
            { Rows: 1, Columns: 16 or 32 or 64 or 128 } when !key.Scale.IsStatic => CudaQuantizationKind.Groups,
            _ when hasSecond => null,
            { Rows: 128, Columns: 128 } when !key.Scale.IsStatic => CudaQuantizationKind.Tiles,
            { Rows: 1, Columns: -1 } => key.Scale.IsStatic ? CudaQuantizationKind.Given : CudaQuantizationKind.Tiles,
            { Rows: -1, Columns: -1 } => key.Scale.IsStatic ? CudaQuantizationKind.Given : CudaQuantizationKind.Whole,
            _ => null,
        };
        return kind is { } known ? new CudaQuantization(known, key.Scale.Group, max) : null;
    }
}
