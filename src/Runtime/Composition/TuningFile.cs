using System.Text.Json;
using System.Text.Json.Serialization;

namespace FusedMoe.Runtime;

/// <summary>A file of measured tables: <c>tuning/&lt;device name&gt;/*.json</c>.</summary>
/// <param name="Device">The device the measurements are of; must equal the folder's name.</param>
/// <param name="Tables">One table a layer shape.</param>
public sealed record TuningFile(string Device, [property: JsonPropertyOrder(1)] IReadOnlyList<TuningTable> Tables)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The driver's version, as the device gives it; null where the file does not say.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Driver { get; init; }

    /// <summary>The day of the measurement, for example <c>2026-11-26</c>; null where the file does not say.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Date { get; init; }

    /// <summary>The commit that was measured; null where the file does not say.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Commit { get; init; }

    /// <summary>The longest pause before a timed call; null where the file does not say.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? PauseMilliseconds { get; init; }

    /// <summary>
    /// The folder of <paramref name="device"/> under a tuning folder: its name, characters no file system takes
    /// replaced by <c>_</c>.
    /// </summary>
    public static string FolderOf(string tuningFolder, string device) =>
        Path.Combine(tuningFolder, string.Concat(device.Select(c => Path.GetInvalidFileNameChars().Contains(c) ? '_' : c)));

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">The file is no table, or has an entry for calls that cannot be: of no token, or
    /// of more than <see cref="DeploymentSpec.LargestMaxTokens"/>. Names the file and the reason.</exception>
    public static TuningFile Load(string path)
    {
        try
        {
            var file = JsonSerializer.Deserialize<TuningFile>(File.ReadAllText(path), Json)
                ?? throw new InvalidDataException(
                    $"{path} must be a measured table, got null; delete it and run `fusedmoe tune`.");
            RequireMeasured(path, file);
            return file with { Tables = [.. file.Tables.Select(t => t with { Source = path })] };
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"{path} must be a measured table: {e.Message} Delete it and run `fusedmoe tune`.", e);
        }
    }

    /// <summary>Writes the file, folders included.</summary>
    /// <exception cref="IOException">The path cannot be written.</exception>
    public void Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, JsonSerializer.Serialize(this, Json) + "\n");
    }

    // No call is so long, so nothing was measured there, and a configuration would serve calls of any length.
    private static void RequireMeasured(string path, TuningFile file)
    {
        var wrong = file.Tables.SelectMany(t => t.Entries)
            .FirstOrDefault(e => e.MaxTokens is < 1 or > DeploymentSpec.LargestMaxTokens);
        if (wrong is not null)
        {
            var configuration = wrong.Configuration is { } name ? $" ({name})" : string.Empty;
            throw new InvalidDataException(
                $"{path}: maxTokens of '{wrong.Experts}'{configuration} must be 1 to {DeploymentSpec.LargestMaxTokens}, "
                + $"got {wrong.MaxTokens}; give the tokens of the call that was measured, or delete the file and run "
                + "`fusedmoe tune`.");
        }
    }
}
