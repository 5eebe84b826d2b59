namespace FusedMoe.Cuda;

/// <summary>
/// How a kernel is launched. Block, shared memory and cluster come from the manifest unless set here.
/// </summary>
/// <param name="GridX">Blocks along x. A grid without blocks launches nothing.</param>
/// <param name="GridY">Blocks along y.</param>
/// <param name="GridZ">Blocks along z.</param>
public readonly record struct KernelLaunch(int GridX, int GridY = 1, int GridZ = 1)
{
    /// <summary>Threads of a block; 0 for the manifest's.</summary>
    public int Threads { get; init; }

    /// <summary>Dynamic shared memory in bytes, at most the manifest's; null for the manifest's.</summary>
    public int? SharedBytes { get; init; }

    /// <summary>
    /// True to let the kernel start before its predecessor on the stream has finished. The kernel must wait with
    /// <c>griddepcontrol.wait</c> before it reads what the predecessor wrote. Without effect below compute capability 9.0 and
    /// with drivers before 12.3, which cannot capture such a launch in a graph.
    /// </summary>
    public bool IsProgrammatic { get; init; }

    /// <summary>True when all blocks must be resident at once, so that they may wait for each other.</summary>
    public bool IsCooperative { get; init; }

    /// <summary>For errors, for example <c>grid 132x1x1, block 384</c>.</summary>
    public override string ToString() => $"grid {GridX}x{GridY}x{GridZ}"
        + (Threads == 0 ? string.Empty : $", block {Threads}")
        + (IsProgrammatic ? ", programmatic" : string.Empty)
        + (IsCooperative ? ", cooperative" : string.Empty);
}
