using System.Text.Json;

namespace FusedMoe.Runtime.Checkpoints;

/// <summary>Reads the JSON files beside a checkpoint's tensors.</summary>
internal static class CheckpointJson
{
    // The index of the largest published checkpoint is below 20 MB.
    private const long LargestFile = 256L << 20;

    /// <exception cref="CheckpointException">The file is missing, unreadable, too large or no JSON.</exception>
    public static JsonDocument Read(string path)
    {
        try
        {
            CheckLength(path);
            var bytes = File.ReadAllBytes(path);
            CheckTexts(bytes);
            return JsonDocument.Parse(bytes);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            var at = e is JsonException json ? $"an error in line {json.LineNumber + 1}" : "a text that is no UTF-8";
            throw CheckpointException.Must(path, "the file", "be valid JSON", at, "get the file again", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CheckpointException.Must(
                path, "the file", "be readable", e.GetType().Name, "check its permissions", e);
        }
    }

    private static void CheckLength(string path)
    {
        if (!File.Exists(path))
        {
            throw CheckpointException.Must(path, "the file", "exist", "none", "give the folder of a checkpoint");
        }

        using var handle = File.OpenHandle(path);
        var length = RandomAccess.GetLength(handle);
        if (length > LargestFile)
        {
            throw CheckpointException.Must(
                path, "the file", $"have at most {LargestFile} bytes", $"{length}", "get the file again");
        }
    }

    // NOTE: the document checks texts only when they are read; here all are, so that later reads cannot fail.
    private static void CheckTexts(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
            {
                reader.GetString();
            }
        }
    }
}
