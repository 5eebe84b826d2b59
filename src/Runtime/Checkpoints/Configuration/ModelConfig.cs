using System.Globalization;
using System.Text.Json;

namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// config.json of a checkpoint. Keys are looked up in <c>text_config</c> when there is one (for models that think and talk
/// that of <c>thinker_config</c>), by any of several names, with a dot for nesting (<c>ffn_config.moe_top_k</c>). A value
/// may be a list with one entry a layer. JSON null counts as absent.
/// </summary>
internal sealed class ModelConfig
{
    /// <summary>The largest size of anything: keeps products of sizes far from overflow.</summary>
    public const int LargestSize = 1 << 20;

    private readonly JsonElement _text;
    private readonly JsonElement _root;

    private ModelConfig(string file, JsonElement root)
    {
        File = file;
        _root = root;
        var thinker = Inside(root, "thinker_config");
        _text = Inside(thinker ?? root, "text_config") ?? thinker ?? root;
    }

    public string File { get; }

    /// <summary>The published family name of the whole model.</summary>
    /// <exception cref="CheckpointException">There is none.</exception>
    public string ModelType =>
        _root.TryGetProperty("model_type", out var type) && type.ValueKind == JsonValueKind.String
            ? type.GetString()!
            : throw Missing(["model_type"], "a text");

    /// <summary>
    /// Family names, best first: that of the whole model, then that of the language model that a multimodal one holds.
    /// </summary>
    /// <exception cref="CheckpointException">The whole model has none.</exception>
    public IReadOnlyList<string> ModelTypes =>
        _text.TryGetProperty("model_type", out var type) && type.ValueKind == JsonValueKind.String
            ? [ModelType, type.GetString()!]
            : [ModelType];

    /// <exception cref="CheckpointException">The file is missing or no JSON object.</exception>
    public static ModelConfig Read(string file)
    {
        using var document = CheckpointJson.Read(file);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? new ModelConfig(file, document.RootElement.Clone())
            : throw CheckpointException.Must(
                file, "the file", "hold a JSON object", $"{document.RootElement.ValueKind}", "get the file again");
    }

    /// <summary>The section that says how weights are quantized, at either level; null without one.</summary>
    public ModelConfig? Quantization
    {
        get
        {
            var found = TryFind(["quantization_config", "compression_config"], out _, out var section)
                || _root.TryGetProperty("quantization_config", out section);
            return found && section.ValueKind == JsonValueKind.Object ? new ModelConfig(File, section) : null;
        }
    }

    /// <summary>The sections inside the object <paramref name="key"/>; empty without one.</summary>
    public IReadOnlyList<ModelConfig> Sections(string key) =>
        TryFind([key], out _, out var section) && section.ValueKind == JsonValueKind.Object
            ? section.EnumerateObject()
                .Where(p => p.Value.ValueKind == JsonValueKind.Object)
                .Select(p => new ModelConfig(File, p.Value))
                .ToArray()
            : [];

    public bool Has(params IReadOnlyList<string> keys) => TryFind(keys, out _, out _);

    /// <summary>True when the key is there with the value null.</summary>
    public bool IsNull(string key) => Descend(_text, key.Split('.')) is { ValueKind: JsonValueKind.Null };

    /// <summary>A size: a whole number from 1 to <see cref="LargestSize"/>.</summary>
    /// <exception cref="CheckpointException">Absent, of another kind or out of range.</exception>
    public int Size(int layer, params IReadOnlyList<string> keys) =>
        OptionalSize(layer, 1, keys) ?? throw Missing(keys, "a whole number");

    /// <summary>A size of at least <paramref name="least"/>, or null.</summary>
    public int? OptionalSize(int layer, int least, params IReadOnlyList<string> keys)
    {
        var value = OptionalInt(layer, keys);
        return value is null || (value >= least && value <= LargestSize)
            ? value
            : throw Wrong(keys.Where(k => Has(k)).Take(1).ToArray(), $"be {least} to {LargestSize}", $"{value}");
    }

    public int? OptionalInt(int layer, params IReadOnlyList<string> keys)
    {
        if (!TryFind(keys, out var key, out var value))
        {
            return null;
        }

        value = OfLayer(value, layer, key);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)
            ? number
            : throw Wrong(
                [key],
                "be a whole number",
                value.ValueKind == JsonValueKind.Number ? value.GetRawText() : $"{value.ValueKind}");
    }

    public float? OptionalNumber(params IReadOnlyList<string> keys) =>
        TryFind(keys, out var key, out var value) ? Number(value, key) : null;

    /// <summary>A number, or the entry of <paramref name="layer"/> where there is a list of them; null without one.</summary>
    public float? OptionalNumberOfLayer(int layer, string key) =>
        TryFind([key], out _, out var value) && OfLayer(value, layer, key) is { ValueKind: not JsonValueKind.Null } entry
            ? Number(entry, key)
            : null;

    public bool? OptionalBool(params IReadOnlyList<string> keys) =>
        !TryFind(keys, out var key, out var value)
            ? null
            : value.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? value.GetBoolean()
                : throw Wrong([key], "be true or false", $"{value.ValueKind}");

    public string? OptionalText(params IReadOnlyList<string> keys) =>
        !TryFind(keys, out var key, out var value)
            ? null
            : value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : throw Wrong([key], "be a text", $"{value.ValueKind}");

    /// <summary>A text, number or boolean as text, or null.</summary>
    public string? OptionalScalar(string key) =>
        !TryFind([key], out _, out var value)
            ? null
            : value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number => value.GetDouble().ToString(CultureInfo.InvariantCulture),
                JsonValueKind.True => "true",
                JsonValueKind.False => "false",
                _ => throw Wrong([key], "be a text, a number or a boolean", $"{value.ValueKind}"),
            };

    /// <summary>A list of whole numbers, or null.</summary>
    public IReadOnlyList<int>? OptionalInts(string key)
    {
        if (!TryFind([key], out _, out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong([key], "be a list", $"{value.ValueKind}");
        }

        return value.EnumerateArray()
            .Select(v => v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var n)
                ? n
                : throw Wrong([key], "hold whole numbers", $"{v.ValueKind}"))
            .ToArray();
    }

    /// <summary>A list of texts, or null.</summary>
    public IReadOnlyList<string>? OptionalTexts(string key)
    {
        if (!TryFind([key], out _, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Array
            && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String)
            ? value.EnumerateArray().Select(v => v.GetString()!).ToArray()
            : throw Wrong([key], "be a list of texts", $"{value.ValueKind}");
    }

    public CheckpointException Wrong(IReadOnlyList<string> keys, string required, string actual) =>
        CheckpointException.Must(File, Quoted(keys), required, actual, "correct the value");

    private float Number(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out var number) && float.IsFinite(number)
            ? number
            : throw Wrong([key], "be a finite number", $"{value.ValueKind}");

    private CheckpointException Missing(IReadOnlyList<string> keys, string kind)
    {
        var none = keys.Count > 1 ? "none of them" : "none";
        return new(File, $"{File} must have {Quoted(keys)} ({kind}), got {none}; add the key.");
    }

    private static string Quoted(IReadOnlyList<string> keys) => string.Join(" or ", keys.Select(k => $"'{k}'"));

    private bool TryFind(IReadOnlyList<string> keys, out string key, out JsonElement value)
    {
        foreach (var candidate in keys)
        {
            if (Descend(_text, candidate.Split('.')) is { ValueKind: not JsonValueKind.Null } found)
            {
                (key, value) = (candidate, found);
                return true;
            }
        }

        (key, value) = (string.Empty, default);
        return false;
    }

    private static JsonElement? Descend(JsonElement place, IEnumerable<string> parts)
    {
        foreach (var part in parts)
        {
            if (place.ValueKind != JsonValueKind.Object || !place.TryGetProperty(part, out place))
            {
                return null;
            }
        }

        return place;
    }

    private static JsonElement? Inside(JsonElement place, string key) =>
        place.ValueKind == JsonValueKind.Object && place.TryGetProperty(key, out var section)
            && section.ValueKind == JsonValueKind.Object
            ? section
            : null;

    private JsonElement OfLayer(JsonElement value, int layer, string key)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return value;
        }

        return layer < value.GetArrayLength()
            ? value[layer]
            : throw Wrong([key], $"have an entry for layer {layer}", $"{value.GetArrayLength()} entries");
    }
}
