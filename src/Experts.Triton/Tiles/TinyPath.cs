using System.Globalization;

namespace FusedMoe.Experts.Triton;

/// <summary>The images of the path without sorting. Pure: what it returns is in the manifest.</summary>
internal static class TinyPath
{
    private const int MaxSlots = 16;

    // Columns, K step and stages of the tiles in the catalog of images.
    private static readonly TinyTile Gate = new("4x512x3", 512);
    private static readonly TinyTile GateOfRank = new("16x256x3", 256);
    private static readonly TinyTile Down = new("16x512x3", 512);
    private static readonly TinyTile DownOfOneToken = new("8x512x3", 512);

    /// <summary>Both kernels of a layer, or null when the layer or its images have no such path.</summary>
    /// <param name="images">Compiled kernels.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="isOneToken">True for calls of one live row, which needs narrower tiles to fill the device.</param>
    public static TritonChoice? Choose(TritonImages images, TritonLayer layer, bool isOneToken)
    {
        var isFused = layer.Activation.Form != ActivationForm.Separate;
        if (layer.IsBatched || layer.IsBatchInvariant || !isFused || layer.Slots > MaxSlots
            || layer.Scheme.Family != TritonKernelFamily.Grouped)
        {
            return null;
        }

        // Where most experts live elsewhere most programs have nothing to do, and narrow tiles only make more of them.
        var gate = layer.LocalExperts == layer.Shape.Experts ? Gate : GateOfRank;
        var gated = layer.Activation.Form == ActivationForm.FusedGate ? "gated" : "plain";
        var first = Key(images, layer, layer.First, gate, $"tiny_gate_up_{layer.Word}_{gate.Name}_{gated}_");
        var down = isOneToken ? DownOfOneToken : Down;
        var second = Key(images, layer, layer.Second, down, DownStem(layer, down));
        return images.Has(first, layer.ComputeCapability) && images.Has(second, layer.ComputeCapability)
            ? new TritonChoice(
                TritonChoice.Tiny, new TileImage(default, first), new TileImage(default, second), true, 1)
            : null;
    }

    /// <summary>
    /// True when the images stream weights by vectors where the layer's sizes allow. Images for any sizes read element by
    /// element: before there were others, gpt-oss-120b took 2.3 and 2.1 times the floor that way at 1 and 4 tokens.
    /// </summary>
    public static bool IsFast(TritonLayer layer, TritonChoice choice) =>
        IsFast(layer.First, choice.First.Key) && IsFast(layer.Second, choice.Second.Key);

    private static bool IsFast(ProductShape product, string key) =>
        !product.IsAligned || !key.EndsWith(ProductShape.Word(TileAlignment.Any), StringComparison.Ordinal);

    private static string DownStem(TritonLayer layer, TinyTile tile) =>
        string.Create(CultureInfo.InvariantCulture, $"tiny_down_{layer.Word}_k{layer.Slots}_{tile.Name}_");

    private static string Key(TritonImages images, TritonLayer layer, ProductShape product, TinyTile tile, string stem)
    {
        foreach (var alignment in Enum.GetValues<TileAlignment>())
        {
            var key = stem + ProductShape.Word(alignment);
            if (product.Fits(alignment, tile.Step) && images.Has(key, layer.ComputeCapability))
            {
                return key;
            }
        }

        return stem + ProductShape.Word(TileAlignment.Any);
    }
}
