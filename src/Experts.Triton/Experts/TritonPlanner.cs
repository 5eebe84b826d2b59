using System.Globalization;

namespace FusedMoe.Experts.Triton;

/// <summary>Chooses kernels for a layer's calls. Pure: everything it returns is in the manifest.</summary>
internal sealed class TritonPlanner
{
    private const int TinyExpertsPerPair = 2;

    // Tables may ask for the path without sorting somewhat beyond the default limit, not where it could only be slow.
    private const int MaxTinyPairs = 256;

    private readonly TritonImages _images;
    private readonly TritonLayer _layer;
    private readonly TunedTable? _tuned;
    private readonly int _tinyPairs;
    private readonly TritonChoice? _tiny;
    private readonly TritonChoice? _tinyOfOneToken;
    private readonly bool _isTinyFast;
    private readonly IReadOnlyList<TileImage> _first;
    private readonly IReadOnlyList<TileImage> _second;

    /// <summary>A planner of one layer.</summary>
    /// <param name="images">Compiled kernels.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="tinyPairs">Most pairs of the path without sorting.</param>
    /// <param name="tuned">Tuned tiles, or null.</param>
    public TritonPlanner(TritonImages images, TritonLayer layer, int tinyPairs, TunedTable? tuned = null)
    {
        (_images, _layer, _tuned, _tinyPairs) = (images, layer, tuned, tinyPairs);
        _first = images.Tiles(layer.First, layer.ComputeCapability);
        _second = images.Tiles(layer.Second, layer.ComputeCapability);
        RowBlocks = [.. _first.Select(i => i.Tile.BlockM).Intersect(_second.Select(i => i.Tile.BlockM)).Order()];
        _tiny = TinyPath.Choose(images, layer, isOneToken: false);
        _tinyOfOneToken = TinyPath.Choose(images, layer, isOneToken: true) ?? _tiny;
        _isTinyFast = _tiny is not null && TinyPath.IsFast(layer, _tiny);
    }

    /// <summary>Refuses a layer whose products no image runs on the device.</summary>
    /// <exception cref="InvalidOperationException">There is none; names the kernel, the capability and the sizes.</exception>
    public void RequireImages()
    {
        if (RowBlocks.Count == 0)
        {
            throw new InvalidOperationException(
                $"Kernel '{_layer.Scheme.Prefix}' must be built for compute capability {_layer.Device.ComputeCapabilityText}, "
                + $"hidden size {_layer.Shape.Hidden} and intermediate size {_layer.Shape.Intermediate}, got none; "
                + "choose another experts backend.");
        }
    }

    /// <summary>Row counts of the tiles that a call may get, ascending.</summary>
    public IReadOnlyList<int> RowBlocks { get; }

    /// <summary>
    /// The path without sorting, when the layer and its images have one and <paramref name="rows"/> are few enough.
    /// </summary>
    public bool IsTiny(int rows)
    {
        // Pairs that meet at one expert read its weights twice here and once when sorted: measured faster up to half a row
        // an expert and slower from one on.
        var pairs = (long)rows * _layer.Shape.TopK;
        return pairs <= _tinyPairs && pairs * TinyExpertsPerPair <= _layer.Shape.Experts && _isTinyFast;
    }

    /// <summary>The kernels of a call.</summary>
    /// <param name="rows">Rows of the call.</param>
    /// <param name="tokens">Rows expected to be live.</param>
    /// <param name="configuration">A name from a measured table, or null.</param>
    public TritonChoice Choose(int rows, int tokens, string? configuration)
    {
        if (configuration is not null && !_layer.IsBatchInvariant && Named(configuration, rows, tokens) is { } named)
        {
            return named;
        }

        if (IsTiny(rows))
        {
            return Tiny(tokens)!;
        }

        var question = _layer.Question(tokens);
        if (_tuned?.For(tokens) is { } wish && !_layer.IsBatchInvariant)
        {
            return Tuned(wish, question);
        }

        var (first, second) = TritonTileHeuristic.Choose(_first, _second, question);
        return Sorted(first, second, question);
    }

    /// <summary>What the choice for a call depends on.</summary>
    /// <param name="rows">Rows of the call.</param>
    /// <param name="tokens">Rows expected to be live.</param>
    /// <param name="configuration">A name from a measured table, or null.</param>
    public TritonCallKey KeyOf(int rows, int tokens, string? configuration) =>
        new(tokens, IsTiny(rows), IsWithinTinyLimit(rows), configuration);

    /// <summary>Names of every legal configuration, the default first.</summary>
    /// <param name="tokens">Rows of a call, all live.</param>
    public IReadOnlyList<string> Configurations(int tokens)
    {
        var names = new List<string> { Choose(tokens, tokens, null).Configuration };
        if (_layer.IsBatchInvariant)
        {
            return names;
        }

        if (_tiny is not null && IsWithinTinyLimit(tokens))
        {
            names.Add(TritonChoice.Tiny);
        }

        names.AddRange(
            from one in _first
            from two in _second
            where one.Tile.BlockM == two.Tile.BlockM
            select TritonChoice.Name(one.Tile, two.Tile));
        return [.. names.Distinct()];
    }

    /// <summary>The kernel of the activation when it runs separately, else null.</summary>
    public string? ActivateKey => _layer.Activation.Kind is not { } kind ? null : _images.Best(
        $"activate_rows_{_layer.Word}_{kind}{(_layer.IsBatched ? TritonImages.BatchedSuffix : string.Empty)}",
        _layer.ComputeCapability);

    /// <summary>
    /// The kernel of the weighted sum over top-k; null in the batched format, which is summed elsewhere, when top-k is above
    /// 32, and when no image runs.
    /// </summary>
    public string? SumKey
    {
        get
        {
            if (_layer.IsBatched)
            {
                return null;
            }

            var stem = string.Create(CultureInfo.InvariantCulture, $"weighted_sum_{_layer.Word}_k{_layer.Slots}_");
            var wide = _layer.Second.IsAligned ? _images.Best(stem + "wide", _layer.ComputeCapability) : null;
            return wide ?? _images.Best(stem + "any", _layer.ComputeCapability);
        }
    }

    private TritonChoice? Tiny(int tokens) => tokens == 1 ? _tinyOfOneToken : _tiny;

    private bool IsWithinTinyLimit(int rows) => (long)rows * _layer.Shape.TopK <= MaxTinyPairs;

    private TritonChoice? Named(string configuration, int rows, int tokens)
    {
        if (configuration == TritonChoice.Tiny)
        {
            // A table entry speaks of live tokens, but the tiny grid covers every row of the call.
            return IsWithinTinyLimit(rows) ? Tiny(tokens) : null;
        }

        var parts = configuration.Split('+');
        if (parts.Length != 2 || Find(_first, parts[0]) is not { } first || Find(_second, parts[1]) is not { } second
            || first.Tile.BlockM != second.Tile.BlockM)
        {
            return null;
        }

        return Sorted(first, second, _layer.Question(tokens));
    }

    private TritonChoice Tuned(TunedTile wish, in TileQuestion question)
    {
        var first = TritonTileHeuristic.Nearest(
            [.. _first.Where(i => RowBlocks.Contains(i.Tile.BlockM))], wish.Tile);
        var second = TritonTileHeuristic.Nearest(
            [.. _second.Where(i => i.Tile.BlockM == first.Tile.BlockM)], wish.Tile);
        var own = Sorted(first, second, question);
        return wish.GroupM is { } group ? own with { SharedRowBlocks = Math.Max(1, group) } : own;
    }

    private static TritonChoice Sorted(TileImage first, TileImage second, in TileQuestion question) => new(
        TritonChoice.Name(first.Tile, second.Tile), first, second, false,
        TritonTileHeuristic.SharedRowBlocks(question, first.Tile.BlockM));

    private static TileImage? Find(IReadOnlyList<TileImage> images, string tile)
    {
        foreach (var image in images)
        {
            if (image.Tile.Key == tile)
            {
                return image;
            }
        }

        return null;
    }
}
