using FusedMoe.Cuda;

namespace FusedMoe.Experts.Triton;

/// <summary>
/// The memory plan of a standard call. Workspace13, which the output shares, holds the input of the second product;
/// workspace2 holds what both products write, then the integer tables:
/// <list type="bullet">
/// <item>fused activation: first product → workspace13, second → workspace2, sum → output (workspace13 is dead by then);
/// </item>
/// <item>separate activation: first product → workspace2, activation → workspace13, and on as above;</item>
/// <item>quantized activations: activation output → workspace2, quantized → workspace13 with scales in workspace2;</item>
/// <item>tiny batch: first product → workspace2, second with its sum → output.</item>
/// </list>
/// </summary>
internal sealed class TritonWorkspace(
    TritonLayer layer, IReadOnlyList<int> rowBlocks, IExpertAlignment alignment, IActivationQuantizer? quantizer)
{
    private const int IntBytes = sizeof(int);

    /// <summary>Shapes for <paramref name="rows"/> rows, in elements of the activation type.</summary>
    public WorkspaceShapes Shapes(int rows)
    {
        var pairs = checked((long)rows * layer.Shape.TopK);
        // Tables depend on the row block, which a hint chooses; the largest of each region covers all.
        long bytes2 = 0;
        for (var i = 0; i < rowBlocks.Count; i++)
        {
            bytes2 = Math.Max(bytes2, Regions(rows, rowBlocks[i]).End);
        }

        var elements13 = Math.Max(checked(pairs * layer.Shape.Intermediate), checked((long)rows * layer.Shape.Hidden));
        return new WorkspaceShapes(
            new TensorShape(elements13),
            new TensorShape(layer.DType.ElementsFor(bytes2)),
            new TensorShape(rows, layer.Shape.Hidden));
    }

    /// <summary>Places in workspace2 for a call with one row block.</summary>
    public WorkspaceRegions Regions(int rows, int rowBlock)
    {
        var pairs = checked(rows * layer.Shape.TopK);
        var capacity = alignment.Capacity(pairs, layer.LocalExperts, rowBlock);
        var blocks = capacity / rowBlock;
        var width = (long)Math.Max(RowWidth, layer.Shape.Hidden);
        var sorted = DeviceRegion.Round(checked(pairs * width * layer.DType.Bytes()));
        var experts = DeviceRegion.Round(sorted + ((long)capacity * IntBytes));
        var padded = DeviceRegion.Round(experts + ((long)blocks * IntBytes));
        var scratch = DeviceRegion.Round(padded + IntBytes);
        var scratchBytes = alignment.ScratchBytes(pairs, layer.LocalExperts);
        var scales = DeviceRegion.Round(scratch + scratchBytes);
        return new WorkspaceRegions(
            sorted, capacity, experts, blocks, padded, scratch, scratchBytes, scales,
            DeviceRegion.Round(scales + ScaleBytes(pairs)));
    }

    /// <summary>Widest row that the first step writes into workspace2.</summary>
    private int RowWidth => layer.Activation.Form == ActivationForm.Separate
        ? layer.GateUp + (layer.Scheme.IsByte ? layer.Shape.Intermediate : 0)
        : layer.Shape.Intermediate;

    private long ScaleBytes(int pairs) => layer.Scheme.Quant.Activation is { } key && quantizer is not null
        ? quantizer.ScaleShape(key, pairs, layer.Shape.Intermediate).Elements * sizeof(float)
        : 0;
}
