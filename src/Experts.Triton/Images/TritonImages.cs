using System.Collections.Frozen;
using System.Reflection;
using System.Text.RegularExpressions;
using FusedMoe.Cuda;

namespace FusedMoe.Experts.Triton;

/// <summary>What the kernel build made, by what may be asked: tiles of a product, and other kernels by key.</summary>
internal sealed partial class TritonImages
{
    /// <summary>End of the keys of PTX images for every architecture from compute capability 8.0 on.</summary>
    public const string PortableSuffix = "_portable80";

    /// <summary>End of the keys of products and activations in the batched format, before any other.</summary>
    public const string BatchedSuffix = "_batched";

    private const int ProgrammaticCapability = 90;

    // A multiple of every tile's sides: what no image can run at this size, none runs at another.
    private const int AlignedSize = 1024;
    private static readonly TileAlignment[] Alignments = Enum.GetValues<TileAlignment>();

    private readonly KernelManifest _manifest;
    private readonly FrozenDictionary<string, TritonTile[]> _tilesByKind;

    /// <summary>The images of <paramref name="manifest"/>.</summary>
    public TritonImages(KernelManifest manifest, KernelLibrary? library = null)
    {
        (_manifest, Library) = (manifest, library);
        _tilesByKind = manifest.Kernels
            .Select(k => (Kind: TilePattern().Replace(k.Key, "*", 1), Match: TilePattern().Match(k.Key)))
            .Where(k => k.Match.Success)
            .GroupBy(k => k.Kind, k => TritonTile.Parse(k.Match.Value)!.Value)
            .ToFrozenDictionary(g => g.Key, g => g.OrderBy(t => t.BlockM).ThenBy(t => t.BlockN).ToArray());
    }

    /// <summary>Where kernels are loaded from; null when the assembly carries no images.</summary>
    public KernelLibrary? Library { get; }

    /// <summary>Number of kernels.</summary>
    public int Count => _manifest.Kernels.Count;

    /// <summary>The images embedded in this assembly; empty when it was built before the kernels were.</summary>
    public static TritonImages FromAssembly()
    {
        var assembly = Assembly.GetExecutingAssembly();
        if (!assembly.GetManifestResourceNames().Contains("Kernels/manifest.json"))
        {
            return new TritonImages(new KernelManifest("none", []));
        }

        var library = KernelLibrary.FromAssembly(assembly);
        return new TritonImages(library.Manifest, library);
    }

    /// <summary>Whether a kernel exists and runs on a device of that compute capability (times ten).</summary>
    public bool Has(string key, int computeCapability) =>
        _manifest.Find(key)?.ImageFor(computeCapability) is not null;

    /// <summary>The row of a kernel.</summary>
    /// <exception cref="KeyNotFoundException">No such kernel.</exception>
    public KernelEntry this[string key] => _manifest[key];

    /// <summary>
    /// True when the kernel's code waits for its predecessor, so that it may be launched before that one ends.
    /// </summary>
    public static bool IsProgrammatic(string key, int computeCapability) =>
        computeCapability >= ProgrammaticCapability && !key.EndsWith(PortableSuffix, StringComparison.Ordinal);

    /// <summary>
    /// The key of a kernel that exists once for the newest devices and once for all: the first that runs on the device, or
    /// null.
    /// </summary>
    public string? Best(string key, int computeCapability) =>
        Has(key, computeCapability) ? key
        : Has(key + PortableSuffix, computeCapability) ? key + PortableSuffix
        : null;

    /// <summary>
    /// Tiles that can run a product on a device, each with its fastest image; portable ones only without others.
    /// </summary>
    public IReadOnlyList<TileImage> Tiles(ProductShape product, int computeCapability)
    {
        var native = Tiles(product, computeCapability, isPortable: false);
        return native.Count > 0 ? native : Tiles(product, computeCapability, isPortable: true);
    }

    /// <summary>Whether products of some size have a tile, with and without a gate, that runs on the device.</summary>
    /// <param name="scheme">Kernel family and quantization.</param>
    /// <param name="isBatched">True for the batched format.</param>
    /// <param name="computeCapability">Of the device, times ten.</param>
    public bool HasProducts(TritonScheme scheme, bool isBatched, int computeCapability) =>
        HasProducts(scheme, AlignedSize, AlignedSize, isBatched, computeCapability);

    /// <summary>Whether both products of a layer have a tile, with and without a gate, that runs on the device.</summary>
    /// <param name="scheme">Kernel family and quantization.</param>
    /// <param name="hidden">Hidden size, in elements.</param>
    /// <param name="intermediate">Intermediate size of this rank, in elements.</param>
    /// <param name="isBatched">True for the batched format.</param>
    /// <param name="computeCapability">Of the device, times ten.</param>
    public bool HasProducts(TritonScheme scheme, int hidden, int intermediate, bool isBatched, int computeCapability)
    {
        var second = ProductShape.Of(scheme, isGated: false, intermediate, hidden, isBatched);
        var first = ProductShape.Of(scheme, isGated: true, hidden, intermediate, isBatched);
        return Tiles(second, computeCapability).Count > 0 && Tiles(first, computeCapability).Count > 0
            && Tiles(first with { IsGated = false }, computeCapability).Count > 0;
    }

    /// <summary>Architectures that the kernels of a prefix were built for, as the manifest names them.</summary>
    public IEnumerable<string> Architectures(string prefix, bool isBatched) => _manifest.Kernels
        .Where(k => k.Key.StartsWith(prefix + '_', StringComparison.Ordinal)
            && k.Key.Contains(BatchedSuffix, StringComparison.Ordinal) == isBatched)
        .SelectMany(k => k.Images)
        .Select(i => i.Arch)
        .Distinct();

    private List<TileImage> Tiles(ProductShape product, int computeCapability, bool isPortable)
    {
        var images = new List<TileImage>();
        foreach (var alignment in Alignments)
        {
            var kind = product.Key("*", alignment, isPortable);
            foreach (var tile in _tilesByKind.GetValueOrDefault(kind, []))
            {
                var key = product.Key(tile, alignment, isPortable);
                if (product.Fits(alignment, tile.BlockK) && Has(key, computeCapability)
                    && !images.Exists(i => i.Tile == tile))
                {
                    images.Add(new TileImage(tile, key));
                }
            }
        }

        return images;
    }

    [GeneratedRegex(@"\d+x\d+x\d+x\d+x\d+")]
    private static partial Regex TilePattern();
}
