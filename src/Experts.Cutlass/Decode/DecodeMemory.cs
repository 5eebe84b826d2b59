using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>How a kernel of few tokens divides its block's shared memory.</summary>
/// <param name="HeaderBytes">Barriers and the table of experts.</param>
/// <param name="StageBytes">One stage of every warp's ring.</param>
/// <param name="UnitRows">Weight rows that a warp takes at a time.</param>
/// <param name="SharedBytes">Most that a block may have.</param>
internal readonly record struct DecodeMemory(int HeaderBytes, int StageBytes, int UnitRows, int SharedBytes)
{
    /// <summary>The sizes of a manifest's row.</summary>
    public static DecodeMemory From(KernelEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return new DecodeMemory(
            entry.Constant("header_bytes"), entry.Constant("stage_bytes"), entry.Constant("unit_rows"), entry.SharedBytes);
    }
}
