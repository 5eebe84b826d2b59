namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// The memory plan. The output <c>[M, k, K]</c> shares memory with workspace13, so the second product's input lives in
/// workspace2, followed by the index tables. Where the activation is a step of its own, the first product writes
/// <c>[M·k, N]</c> into workspace13, which is dead when the second product writes the output over it.
/// </summary>
internal sealed class CutlassWorkspace(CutlassLayer layer, IExpertAlignment alignment)
{
    private const int Boundary = 256;

    /// <summary>Shapes for <paramref name="tokens"/> rows, in elements of the activation type.</summary>
    public WorkspaceShapes Shapes(int tokens)
    {
        var pairs = checked((long)tokens * layer.Shape.TopK);
        long bytes = 0;
        foreach (var tile in CutlassTile.Compiled)
        {
            bytes = Math.Max(bytes, Regions((int)pairs, tile.Tokens).End);
        }

        var first = layer.Epilogue == CutlassEpilogue.Plain ? checked(pairs * layer.GateUp) : 0;
        return new WorkspaceShapes(
            new TensorShape(first),
            new TensorShape((bytes + layer.ElementBytes - 1) / layer.ElementBytes),
            new TensorShape(tokens, layer.Shape.TopK, layer.Shape.Hidden));
    }

    /// <summary>Byte offsets in workspace2 for a block size.</summary>
    public CutlassRegions Regions(int pairs, int block)
    {
        var capacity = alignment.Capacity(pairs, layer.LocalExperts, block);
        var sorted = Round(checked((long)pairs * layer.Shape.Intermediate * layer.ElementBytes));
        var experts = Round(sorted + ((long)capacity * sizeof(int)));
        var padded = Round(experts + ((long)(capacity / block) * sizeof(int)));
        var scratch = Round(padded + sizeof(int));
        var scratchBytes = alignment.ScratchBytes(pairs, layer.LocalExperts);
        return new CutlassRegions(capacity, sorted, experts, padded, scratch, scratchBytes, Round(scratch + scratchBytes));
    }

    private static long Round(long bytes) => (bytes + Boundary - 1) / Boundary * Boundary;
}
