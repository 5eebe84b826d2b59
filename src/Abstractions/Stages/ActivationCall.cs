namespace FusedMoe;

/// <summary>
/// Arguments of <see cref="IActivationOps.Activate"/>. Rows beyond the live ones are neither read nor written.
/// </summary>
public readonly struct ActivationCall
{
    /// <summary>Function and parameters.</summary>
    public required ActivationSpec Activation { get; init; }

    /// <summary>
    /// <c>[rows, N]</c>, or <c>[E, T, N]</c> with a count an expert, in float32, bf16 or fp16; N is twice the output's width
    /// for gated functions.
    /// </summary>
    public required TensorView Input { get; init; }

    /// <summary>Same leading sizes, in float32, bf16 or fp16. Must not overlap the input.</summary>
    public required TensorView Output { get; init; }

    /// <summary>
    /// int32 on the device: <c>[1]</c> live units of a 2-D input, or <c>[E]</c> live rows of each block of a 3-D one;
    /// <see cref="TensorView.None"/> when all rows are live.
    /// </summary>
    public TensorView LiveRows { get; init; }

    /// <summary>
    /// Rows that one unit of a scalar <see cref="LiveRows"/> stands for, for example k when it counts tokens; 0 counts
    /// as 1.
    /// </summary>
    public int RowsPerUnit { get; init; }
}
