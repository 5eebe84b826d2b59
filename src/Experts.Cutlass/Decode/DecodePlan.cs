namespace FusedMoe.Experts.Cutlass;

/// <summary>How one product of few tokens is launched.</summary>
/// <param name="BlocksPerProcessor">Blocks that share a multiprocessor.</param>
/// <param name="Stages">Stages of each warp's ring.</param>
/// <param name="KeepsRows">True to hold the call's source rows in shared memory.</param>
/// <param name="ResultUnits">
/// Second product: blocks of features whose results a block holds before it sums their slots; 0 in the first.
/// </param>
/// <param name="SharedBytes">Dynamic shared memory of a block.</param>
internal readonly record struct DecodePlan(
    int BlocksPerProcessor, int Stages, bool KeepsRows, int ResultUnits, int SharedBytes);
