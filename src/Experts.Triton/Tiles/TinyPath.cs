using System.Globalization;

namespace FusedMoe.Experts.Triton;

/// <summary>The images of the path without sorting. Pure: what it returns is in the manifest.</summary>
internal static class TinyPath
{
    private const string GateTile = "16x256x3";
    private const string DownTile = "16x256x3";
    private const string AllDown = "tiny_down_";
    private const string LocalDown = "tiny_down_local_";
    private const string DeepDownTile = "16x256x1";
    private const int DeepDown = 4096;
    private const int Step = 256;
    private const int MaxSlots = 16;

    /// <summary>Both kernels of a layer, or null when the layer or its images have no such path.</summary>
    public static TritonChoice? Choose(TritonImages images, TritonLayer layer)
    {
        var isFused = layer.Activation.Form != ActivationForm.Separate;
        if (layer.IsBatched || layer.IsBatchInvariant || !isFused || layer.Slots > MaxSlots
            || layer.Scheme.Family != TritonKernelFamily.Grouped)
        {
            return null;
        }

        var gated = layer.Activation.Form == ActivationForm.FusedGate ? "gated" : "plain";
        var first = Key(images, layer, layer.First, $"tiny_gate_up_{layer.Word}_{GateTile}_{gated}_");
        var second = DownKey(images, layer);
        return images.Has(first, layer.ComputeCapability) && images.Has(second, layer.ComputeCapability)
            ? new TritonChoice(
                TritonChoice.Tiny, new TileImage(default, first), new TileImage(default, second), true, 1)
            : null;
    }

    /// <summary>
    /// True when the images stream nothing but the weights of this rank's pairs, by vectors where the layer's sizes allow.
    /// Images for any sizes read element by element: before there were others, gpt-oss-120b took 2.3 and 2.1 times the floor
    /// that way at 1 and 4 tokens.
    /// </summary>
    public static bool IsFast(TritonLayer layer, TritonChoice choice) =>
        IsFast(layer.First, choice.First.Key) && IsFast(layer.Second, choice.Second.Key)
        && (HasAllExperts(layer) || choice.Second.Key.StartsWith(LocalDown, StringComparison.Ordinal));

    private static bool IsFast(ProductShape product, string key) =>
        !product.IsAligned || !key.EndsWith(ProductShape.Word(TileAlignment.Any), StringComparison.Ordinal);

    private static bool HasAllExperts(TritonLayer layer) => layer.LocalExperts == layer.Shape.Experts;

    // Along a deep K the kernel without a software pipeline measured faster; along a shallow one, slower.
    private static string DownKey(TritonImages images, TritonLayer layer)
    {
        // With experts elsewhere, most slots would hold rows of a program that loads nothing for them.
        var local = Key(images, layer, layer.Second, DownStem(layer, LocalDown, DownTile));
        if (!HasAllExperts(layer) && images.Has(local, layer.ComputeCapability))
        {
            return local;
        }

        var deep = Key(images, layer, layer.Second, DownStem(layer, AllDown, DeepDownTile));
        return layer.Second.Depth >= DeepDown && images.Has(deep, layer.ComputeCapability)
            ? deep
            : Key(images, layer, layer.Second, DownStem(layer, AllDown, DownTile));
    }

    private static string DownStem(TritonLayer layer, string kernel, string tile) =>
        string.Create(CultureInfo.InvariantCulture, $"{kernel}{layer.Word}_k{layer.Slots}_{tile}_");

    private static string Key(TritonImages images, TritonLayer layer, ProductShape product, string stem)
    {
        foreach (var alignment in Enum.GetValues<TileAlignment>())
        {
            var key = stem + ProductShape.Word(alignment);
            if (product.Fits(alignment, Step) && images.Has(key, layer.ComputeCapability))
            {
                return key;
            }
        }

        return stem + ProductShape.Word(TileAlignment.Any);
    }
}
