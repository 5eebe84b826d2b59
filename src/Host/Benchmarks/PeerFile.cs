using System.Text.Json;

namespace FusedMoe.Host.Benchmarks;

/// <summary>A file of benchmarks/peers/measure.py.</summary>
/// <param name="Device">Name of the device that was measured.</param>
/// <param name="Routing">How tokens chose experts: uniform, zipf or one.</param>
/// <param name="Cells">Layers and token counts.</param>
/// <param name="Ceilings">Null when they could not be measured.</param>
/// <param name="PauseMilliseconds">The longest pause before a replay; 0 in files from before there was one.</param>
internal sealed record PeerFile(
    string Device, string Routing, IReadOnlyList<PeerCell> Cells, PeerCeilings? Ceilings = null, int PauseMilliseconds = 0)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The file it was read from.</summary>
    public string Source { get; private init; } = string.Empty;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is not there or no such file; names it and the reason.</exception>
    public static PeerFile Load(string path)
    {
        try
        {
            var file = JsonSerializer.Deserialize<PeerFile>(File.ReadAllText(path), Json)
                ?? throw new JsonException("It is null.");
            return file with { Source = path };
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"Peers file '{path}' must be written by benchmarks/peers/measure.py, got: {e.Message}", e);
        }
    }

    /// <summary>Refuses figures of another device, another kind of routing or another pause.</summary>
    /// <exception cref="InvalidDataException">They cannot be compared; the text says why.</exception>
    public void Require(string device, RoutingDistribution distribution, ReplayPause pause)
    {
        if (Device != device)
        {
            throw Refused("be measured on", device, Device);
        }

        if (Routing != NameOf(distribution))
        {
            throw Refused("have the routing", NameOf(distribution), Routing);
        }

        if (PauseMilliseconds != pause.LongestMilliseconds)
        {
            throw Refused("be measured with", $"--pause {pause.LongestMilliseconds}", $"--pause {PauseMilliseconds}");
        }
    }

    /// <summary>The cell of a shape and token count; null when it was not measured.</summary>
    /// <exception cref="InvalidDataException">Its tokens chose other experts than <paramref name="floor"/>'s.</exception>
    public PeerCell? Find(NamedShape shape, int tokens, LayerFloor floor)
    {
        var cell = Cells.FirstOrDefault(c => c.Layer == shape.Name && c.Tokens == tokens);
        return cell is null || new LayerFloor(cell.Bytes, cell.Operations) == floor
            ? cell
            : throw Refused(
                $"route {shape.Name}, {tokens} tokens as bench does:",
                $"{floor.Bytes:0} bytes and {floor.Operations:0} operations",
                $"{cell.Bytes:0} and {cell.Operations:0}");
    }

    private static string NameOf(RoutingDistribution distribution) => distribution switch
    {
        RoutingDistribution.Uniform => "uniform",
        RoutingDistribution.Zipf => "zipf",
        RoutingDistribution.OneExpert => "one",
        _ => throw new ArgumentOutOfRangeException(nameof(distribution), distribution, "No such routing."),
    };

    private InvalidDataException Refused(string must, string required, string actual) => new(
        $"Peers file '{Source}' must {must} '{required}', got '{actual}'; run benchmarks/peers/measure.py on this machine.");
}
