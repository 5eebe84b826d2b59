namespace FusedMoe;

/// <summary>
/// Arguments of a quantization that is bounded by live rows. Rows beyond the live ones are neither read nor written, and
/// neither are their scales. One scale for all rows is written even when no row is live: as for zeros, or as it was given.
/// </summary>
public readonly struct QuantizationCall
{
    /// <summary>
    /// Quantization. Of a 3-D input each scale must belong to one row, be given, or be one for the live rows of all blocks.
    /// </summary>
    public required QuantKey Key { get; init; }

    /// <summary><c>[rows, K]</c>, or <c>[E, T, K]</c> with a count an expert, contiguous, in float32, bf16 or fp16.</summary>
    public required TensorView Input { get; init; }

    /// <summary>
    /// float32 <c>[1]</c> (per tensor) or one value a row, dead ones included, for static keys; else
    /// <see cref="TensorView.None"/>.
    /// </summary>
    public TensorView StaticScale { get; init; }

    /// <summary>The input's shape in the key's element type.</summary>
    public required TensorView Output { get; init; }

    /// <summary>
    /// Of <see cref="IActivationQuantizer.ScaleShape"/> for all rows, dead ones included, and of the key's scale type.
    /// </summary>
    public required TensorView Scales { get; init; }

    /// <summary>
    /// int32 on the device: <c>[1]</c> live rows of a 2-D input, or <c>[E]</c> live rows of each block of a 3-D one;
    /// <see cref="TensorView.None"/> when all rows are live.
    /// </summary>
    public TensorView LiveRows { get; init; }

    /// <summary>
    /// Rows that one unit of <see cref="LiveRows"/> stands for, for example k when it counts tokens and there is a row for each
    /// slot; 0 counts rows.
    /// </summary>
    public int RowsPerUnit { get; init; }
}
