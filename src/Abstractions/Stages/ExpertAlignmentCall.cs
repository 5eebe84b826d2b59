namespace FusedMoe;

/// <summary>
/// Arguments of <see cref="IExpertAlignment.Align"/>. A pair is the flat index <c>m·k + j</c>. Pairs whose id is outside
/// 0 … G - 1, whose expert is not local, or whose token is beyond the live ones are left out.
/// </summary>
public readonly struct ExpertAlignmentCall
{
    /// <summary>int32 or int64 <c>[M, k]</c> global ids.</summary>
    public required TensorView TopKIds { get; init; }

    /// <summary>
    /// int32 <c>[G]</c>: local expert or -1; <see cref="TensorView.None"/> when all experts are local.
    /// </summary>
    public TensorView ExpertMap { get; init; }

    /// <summary>G: experts of the layer.</summary>
    public required int GlobalExperts { get; init; }

    /// <summary>E: experts of this rank.</summary>
    public required int LocalExperts { get; init; }

    /// <summary>B: rows of a block.</summary>
    public required int BlockSize { get; init; }

    /// <summary>int32 scalar on the device: live tokens; <see cref="TensorView.None"/> when all are.</summary>
    public TensorView ValidTokens { get; init; }

    /// <summary>
    /// Scratch of <see cref="IExpertAlignment.ScratchBytes"/>; may be <see cref="TensorView.None"/> when that is 0.
    /// </summary>
    public TensorView Scratch { get; init; }

    /// <summary>
    /// int32 <c>[capacity]</c>, written in full: the pair of each row, or <c>M·k</c> for rows of padding and beyond the end.
    /// </summary>
    public required TensorView SortedPairs { get; init; }

    /// <summary>
    /// int32 <c>[capacity / B]</c>, written in full: local expert of each block, -1 beyond the end;
    /// <see cref="TensorView.None"/> when not wanted.
    /// </summary>
    public TensorView BlockExperts { get; init; }

    /// <summary>
    /// int32 <c>[1]</c>, written: rows in use, padding included; a multiple of B. <see cref="TensorView.None"/> when not
    /// wanted.
    /// </summary>
    public TensorView PaddedRows { get; init; }

    /// <summary>
    /// int32 <c>[E]</c>, written: pairs of each local expert; <see cref="TensorView.None"/> when not wanted.
    /// </summary>
    public TensorView ExpertCounts { get; init; }

    /// <summary>
    /// int32 <c>[E + 1]</c>, written: first row of each local expert, then the rows in use; <see cref="TensorView.None"/> when
    /// not wanted.
    /// </summary>
    public TensorView ExpertOffsets { get; init; }

    /// <summary>
    /// int32 <c>[M, k]</c>, written in full: the row of each pair, -1 for pairs left out; <see cref="TensorView.None"/> when
    /// not wanted.
    /// </summary>
    public TensorView Positions { get; init; }
}
