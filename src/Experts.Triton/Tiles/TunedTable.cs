using System.Globalization;
using System.Text.Json;

namespace FusedMoe.Experts.Triton;

/// <summary>
/// Tuned tiles of one layer, read from vLLM's form: an object of token counts, each an object of <c>BLOCK_SIZE_M</c>,
/// <c>BLOCK_SIZE_N</c>, <c>BLOCK_SIZE_K</c>, <c>GROUP_SIZE_M</c>, <c>num_warps</c> and <c>num_stages</c>. Other keys, such as
/// <c>SPLIT_K</c>, are not read: no kernel here splits K.
/// </summary>
internal sealed class TunedTable
{
    private const int DefaultWarps = 4;
    private const int DefaultStages = 3;
    private const string SharedFamily = "H200";
    private readonly TunedTile[] _rows;

    private TunedTable(IEnumerable<TunedTile> rows) => _rows = [.. rows.OrderBy(r => r.Tokens)];

    /// <summary>The rows, by tokens.</summary>
    public IReadOnlyList<TunedTile> Rows => _rows;

    /// <summary>The row tuned for the nearest token count; the smaller of two equally near.</summary>
    public TunedTile For(int tokens) => _rows.MinBy(r => Math.Abs((long)r.Tokens - tokens))!;

    /// <summary>
    /// The name of the file of a layer: its experts and its intermediate size, both of this rank, the device's name, and the
    /// type and block of what is quantized, as vLLM names them: 16-bit layers, int8 activations and mxfp4 have no type.
    /// </summary>
    public static string FileName(TritonLayer layer, string device) => string.Create(
        CultureInfo.InvariantCulture,
        $"E={layer.LocalExperts},N={layer.Shape.Intermediate},device_name={DeviceWord(device)}{TypeWord(layer.Scheme)}.json");

    /// <summary>The table of a layer in a folder, or null when there is none.</summary>
    /// <exception cref="InvalidDataException">The file is not in that form; names the file and the place.</exception>
    public static TunedTable? Find(string folder, TritonLayer layer, string device)
    {
        var path = Path.Combine(folder, FileName(layer, device));
        return File.Exists(path) ? Read(File.ReadAllText(path), path) : null;
    }

    /// <summary>Reads the text of a file.</summary>
    /// <exception cref="InvalidDataException">The text is not in that form; names the file and the place.</exception>
    public static TunedTable Read(string json, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var rows = new List<TunedTile>();
            foreach (var property in document.RootElement.EnumerateObject())
            {
                // Newer files also carry the version of the compiler that they were tuned with.
                if (int.TryParse(property.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var tokens))
                {
                    rows.Add(Row(tokens, property.Value, path));
                }
            }

            return rows.Count > 0
                ? new TunedTable(rows)
                : throw new InvalidDataException(
                    $"{path} must have at least one token count, got none; tune the layer again.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path} must be a JSON object of token counts, got: {e.Message}", e);
        }
    }

    // Blanks become underscores, and all of the H200 family shares one name.
    private static string DeviceWord(string device)
    {
        var words = device.Split(' ');
        return words.Contains(SharedFamily, StringComparer.Ordinal) ? $"NVIDIA_{SharedFamily}" : string.Join('_', words);
    }

    private static string TypeWord(TritonScheme scheme)
    {
        var block = scheme.Quant.Weight == QuantKeys.Fp8StaticBlock128 ? ",block_shape=[128,128]" : string.Empty;
        return (scheme.Family, scheme.Quant.Weight?.Element) switch
        {
            (TritonKernelFamily.Scaled, DType.Float8E4M3) => $",dtype=fp8_w8a8{block}",
            (TritonKernelFamily.WeightOnly, DType.Float8E4M3) => $",dtype=fp8_w8a16{block}",
            (TritonKernelFamily.WeightOnly, DType.UInt8) => ",dtype=int8_w8a16",
            (TritonKernelFamily.WeightOnly, DType.UInt4) => ",dtype=int4_w4a16",
            _ => string.Empty,
        };
    }

    private static TunedTile Row(int tokens, JsonElement row, string path)
    {
        var tile = new TritonTile(
            Size("BLOCK_SIZE_M") ?? throw Missing("BLOCK_SIZE_M"),
            Size("BLOCK_SIZE_N") ?? throw Missing("BLOCK_SIZE_N"),
            Size("BLOCK_SIZE_K") ?? throw Missing("BLOCK_SIZE_K"),
            Size("num_warps") ?? DefaultWarps,
            Size("num_stages") ?? DefaultStages);
        return new TunedTile(tokens, tile, Size("GROUP_SIZE_M"));

        int? Size(string name) => !row.TryGetProperty(name, out var value) ? null
            : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var size) && size > 0 ? size
            : throw new InvalidDataException(
                $"{path}, {tokens} tokens: {name} must be a whole number above 0, got {value.GetRawText()}.");

        InvalidDataException Missing(string name) => new($"{path}, {tokens} tokens: {name} must be given, got none.");
    }
}
