namespace FusedMoe.Experts.Triton;

/// <summary>Kernels chosen for a call, by key.</summary>
/// <param name="Configuration">The choice's name in measured tables.</param>
/// <param name="First">First product, or <c>tiny_gate_up</c>; its tile is the default for the latter.</param>
/// <param name="Second">Second product, or <c>tiny_down</c>.</param>
/// <param name="IsTiny">True for the path without sorting.</param>
/// <param name="SharedRowBlocks">Row blocks that walk the columns together.</param>
internal sealed record TritonChoice(
    string Configuration, TileImage First, TileImage Second, bool IsTiny, int SharedRowBlocks)
{
    /// <summary>Name of the path without sorting.</summary>
    public const string Tiny = "tiny";

    /// <summary>Name of two tiles.</summary>
    public static string Name(TritonTile first, TritonTile second) => $"{first.Key}+{second.Key}";
}
