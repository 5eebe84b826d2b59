using System.Globalization;
using System.Text.RegularExpressions;

namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// A checkpoint folder: config.json and model.safetensors, or shards with model.safetensors.index.json. Files are
/// mapped, not read; weights are copied when a layer is loaded, and not even then where a view of the file will do.
/// </summary>
public sealed class MoeCheckpoint : IDisposable
{
    private readonly CheckpointFiles _files;
    private readonly ModelConfig _config;
    private readonly MoeFamily _family;

    private MoeCheckpoint(CheckpointFiles files, ModelConfig config, MoeFamily family)
    {
        (_files, _config, _family) = (files, config, family);
        Layers = FindLayers();
    }

    /// <summary>Values of <c>model_type</c> whose layers can be loaded, in alphabetical order.</summary>
    public static IReadOnlyList<string> KnownModelTypes => MoeFamilies.ModelTypes;

    /// <summary>Where config.json and the safetensors files lie.</summary>
    public string Folder => _files.Folder;

    /// <summary><c>model_type</c> of config.json.</summary>
    public string ModelType => _config.ModelType;

    /// <summary>Layers with experts whose tensors are in the files, by index.</summary>
    public IReadOnlyList<MoeCheckpointLayer> Layers { get; }

    /// <summary>Opens a folder and checks every header.</summary>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the family is unknown.</exception>
    public static MoeCheckpoint Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var config = ModelConfig.Read(Path.Combine(folder, "config.json"));
        var family = MoeFamilies.Of(config);
        return new MoeCheckpoint(CheckpointFiles.Open(folder), config, family);
    }

    /// <summary>The layer numbered <paramref name="index"/>.</summary>
    /// <exception cref="CheckpointException">
    /// The files hold no experts for it; the layers that have some are listed.
    /// </exception>
    public MoeCheckpointLayer Layer(int index) =>
        Layers.FirstOrDefault(l => l.Index == index) ?? throw CheckpointException.Must(
            Folder,
            $"layer {index}",
            "hold experts",
            _family.Layers.HasExperts(_config, index) ? "none in the files" : "a dense layer by config.json",
            $"layers with experts: {(Layers.Count == 0 ? "none" : string.Join(", ", Layers.Select(l => l.Index)))}");

    /// <summary>A layer as backends are asked about it.</summary>
    /// <exception cref="CheckpointException">
    /// config.json lacks a key or contradicts itself, or tensors are missing.
    /// </exception>
    public MoeLayerSpec Spec(int index, ActivationQuantization activations = ActivationQuantization.None) =>
        Stored(Layer(index)).Spec(activations);

    /// <summary>Loads a layer for one rank. The result outlives the checkpoint.</summary>
    /// <param name="index">Number of the layer.</param>
    /// <param name="device">Where the weights go.</param>
    /// <param name="stream">A stream of that device; it is synchronized before the call returns.</param>
    /// <param name="options">Which part, for which arithmetic; null for all of it with unquantized activations.</param>
    /// <exception cref="CheckpointException">Tensors are missing or do not fit config.json.</exception>
    /// <exception cref="DeviceMemoryException">The device has too little free memory.</exception>
    /// <exception cref="ArgumentException">The tensor-parallel size does not divide the intermediate size.</exception>
    public LoadedMoeLayer LoadLayer(
        int index, IComputeDevice device, IComputeStream stream, CheckpointLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(stream);
        var layer = Layer(index);
        return new LayerLoader(_files, Stored(layer), options ?? new()).Load(device, stream, layer);
    }

    /// <summary>Closes the files; layers that are loaded stay usable.</summary>
    public void Dispose() => _files.Dispose();

    private StoredLayer Stored(MoeCheckpointLayer layer) => new(_files, _config, _family, layer);

    private MoeCheckpointLayer[] FindLayers()
    {
        var layers = new SortedDictionary<int, MoeCheckpointLayer>();
        var blocks = _family.Blocks.Select(BlockPattern).ToArray();
        foreach (var name in _files.Names.Order(StringComparer.Ordinal))
        {
            var gate = _family.Gates.FirstOrDefault(g => name.EndsWith($".{g}", StringComparison.Ordinal));

            // Layers for multi-token prediction have numbers of their own.
            if (gate is null || name.StartsWith("mtp.", StringComparison.Ordinal))
            {
                continue;
            }

            var prefix = name[..^(gate.Length + 1)];
            if (blocks.Select(b => b.Match(prefix)).FirstOrDefault(m => m.Success) is { } match)
            {
                var index = int.Parse(match.Groups["layer"].ValueSpan, CultureInfo.InvariantCulture);
                layers.TryAdd(index, new(index, prefix));
            }
        }

        return [.. layers.Values];
    }

    private static Regex BlockPattern(string block)
    {
        var parts = block.Split("{layer}");
        return new Regex(
            $@"(?:^|\.){Regex.Escape(parts[0])}(?<layer>[0-9]{{1,6}}){Regex.Escape(parts[1])}$",
            RegexOptions.CultureInvariant);
    }
}
