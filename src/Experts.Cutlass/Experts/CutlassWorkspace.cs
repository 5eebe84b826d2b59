using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// The memory plan. The output <c>[M, K]</c> shares memory with workspace13, behind which that holds the second product's rows
/// <c>[M, k, K]</c> until their slots are summed. The second product's input lives in workspace2, followed by the index tables.
/// Where the activation is a step of its own, the first product writes <c>[M·k, N]</c> into workspace13, which is dead when the
/// second product writes over it.
/// </summary>
internal sealed class CutlassWorkspace(CutlassLayer layer, IExpertAlignment alignment)
{
    /// <summary>Shapes for <paramref name="tokens"/> rows, in elements of the activation type.</summary>
    public WorkspaceShapes Shapes(int tokens)
    {
        var pairs = checked((long)tokens * layer.Shape.TopK);
        var bytes = Regions((int)pairs).End;
        var unfused = layer.Epilogue == CutlassEpilogue.Plain ? checked(pairs * layer.GateUp) : 0;
        var slots = checked((SlotOffset(tokens) / layer.ElementBytes) + (pairs * layer.Shape.Hidden));
        return new WorkspaceShapes(
            new TensorShape(Math.Max(unfused, slots)),
            new TensorShape((bytes + layer.ElementBytes - 1) / layer.ElementBytes),
            new TensorShape(tokens, layer.Shape.Hidden));
    }

    /// <summary>Where the rows of <paramref name="tokens"/> tokens' slots begin in workspace13, in bytes.</summary>
    public long SlotOffset(int tokens) => DeviceRegion.Round(checked((long)tokens * layer.Shape.Hidden * layer.ElementBytes));

    /// <summary>Byte offsets in workspace2.</summary>
    public CutlassRegions Regions(int pairs)
    {
        var sorted = DeviceRegion.Round(checked((long)pairs * layer.Shape.Intermediate * layer.ElementBytes));
        var offsets = DeviceRegion.Round(sorted + ((long)pairs * sizeof(int)));
        var scratch = DeviceRegion.Round(offsets + ((long)(layer.LocalExperts + 1) * sizeof(int)));
        var scratchBytes = alignment.ScratchBytes(pairs, layer.LocalExperts);
        var end = DeviceRegion.Round(scratch + scratchBytes);
        return new CutlassRegions(sorted, offsets, scratch, scratchBytes, end);
    }
}
