using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// Parses and checks a header. Every offset and size is checked with overflow-checked arithmetic, and every byte of the
/// data must belong to exactly one tensor, as the format demands.
/// </summary>
internal sealed class SafetensorsHeader
{
    private const string Damaged = "the file is damaged, get it again";
    private readonly string _file;
    private readonly long _dataBytes;
    private readonly Dictionary<string, SafetensorsEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    private SafetensorsHeader(string file, long dataBytes) => (_file, _dataBytes) = (file, dataBytes);

    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _entries;

    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>
    /// Parses <paramref name="json"/>, the header of <paramref name="file"/> with that much data behind it.
    /// </summary>
    /// <exception cref="CheckpointException">Anything is wrong.</exception>
    public static SafetensorsHeader Parse(string file, ReadOnlySpan<byte> json, long dataBytes)
    {
        var header = new SafetensorsHeader(file, dataBytes);
        if (!Utf8.IsValid(json))
        {
            throw header.Must("the header", "be UTF-8 text", "other bytes");
        }

        try
        {
            header.Read(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // The reader reports lone surrogate escapes as InvalidOperationException.
            var at = e is JsonException { BytePositionInLine: { } place } ? $"an error at byte {place}" : "an error";
            throw CheckpointException.Must(file, "the header", "be valid JSON", at, Damaged, e);
        }

        header.CheckLayout();
        return header;
    }

    private void Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw Must("the header", "be a JSON object", $"{reader.TokenType}");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (name == "__metadata__")
            {
                ReadMetadata(ref reader);
            }
            else if (!_entries.TryAdd(name, ReadEntry(ref reader, name)))
            {
                throw Must("tensor names", "be unique", $"{CheckpointException.Quote(name)} twice");
            }
        }

        // Only white space may follow; the reader throws on anything else.
        reader.Read();
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Must("__metadata__", "be a JSON object of texts", $"{reader.TokenType}");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                throw Must($"__metadata__ entry {CheckpointException.Quote(key)}", "be a text", $"{reader.TokenType}");
            }

            _metadata[key] = reader.GetString()!;
        }
    }

    private SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        string? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        var tensor = $"tensor {CheckpointException.Quote(name)}";
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Must(tensor, "be a JSON object", $"{reader.TokenType}");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "dtype" when reader.TokenType == JsonTokenType.String:
                    type = reader.GetString();
                    break;
                case "shape":
                    shape = ReadNumbers(ref reader, $"shape of {tensor}");
                    break;
                case "data_offsets":
                    offsets = ReadNumbers(ref reader, $"data_offsets of {tensor}");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return offsets is not { Count: 2 } || shape is null || type is null
            ? throw Must(tensor, "have a dtype, a shape and two data_offsets", $"dtype {type ?? "none"}, "
                + $"{shape?.Count.ToString() ?? "no"} sizes and {offsets?.Count.ToString() ?? "no"} offsets")
            : Check(name, tensor, type, shape, offsets[0], offsets[1]);
    }

    private List<long> ReadNumbers(ref Utf8JsonReader reader, string subject)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Must(subject, "be a JSON array", $"{reader.TokenType}");
        }

        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
            {
                var text = Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, 40)]);
                throw Must(subject, "hold whole numbers from 0 to 2^63 - 1", CheckpointException.Quote(text));
            }

            numbers.Add(number);
        }

        return numbers;
    }

    private SafetensorsEntry Check(string name, string tensor, string type, List<long> shape, long begin, long end)
    {
        if (!SafetensorsTypes.TryFind(type, out var bits, out var dtype))
        {
            throw Must(
                $"dtype of {tensor}",
                $"be one of {string.Join(", ", SafetensorsTypes.Names)}",
                CheckpointException.Quote(type));
        }

        if (begin > end || end > _dataBytes)
        {
            throw Must(tensor, $"lie inside the {_dataBytes} bytes of data", $"bytes {begin} to {end}");
        }

        var text = $"{tensor} ({type} {SafetensorsEntry.ShapeToText(shape)})";
        if (BytesOf(shape, bits) is not { } bytes)
        {
            throw Must(text, "take a whole number of bytes below 2^63", "another size");
        }

        return bytes == end - begin
            ? new SafetensorsEntry(name, type, dtype, shape, begin, end)
            : throw Must(text, $"take {bytes} bytes", $"{end - begin}");
    }

    private static long? BytesOf(List<long> shape, int bits)
    {
        if (shape.Contains(0))
        {
            return 0;
        }

        try
        {
            var total = shape.Aggregate((long)bits, (product, size) => checked(product * size));
            return total % 8 == 0 ? total / 8 : null;
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private void CheckLayout()
    {
        var (expected, previous) = (0L, string.Empty);
        foreach (var entry in _entries.Values.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.Begin < expected)
            {
                throw Must("tensors", "not overlap", $"{CheckpointException.Quote(previous)} up to byte {expected} and "
                    + $"{CheckpointException.Quote(entry.Name)} at bytes {entry.Begin} to {entry.End}");
            }

            CheckGap(expected, entry.Begin);
            (expected, previous) = (entry.End, entry.Name);
        }

        CheckGap(expected, _dataBytes);
    }

    private void CheckGap(long expected, long begin)
    {
        if (begin > expected)
        {
            throw Must("every byte of data", "belong to a tensor", $"none for bytes {expected} to {begin}");
        }
    }

    private CheckpointException Must(string subject, string required, string actual) =>
        CheckpointException.Must(_file, subject, required, actual, Damaged);
}
