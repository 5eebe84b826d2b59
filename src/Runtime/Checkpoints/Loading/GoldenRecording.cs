using System.Globalization;
using System.Text.RegularExpressions;

namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// Recorded inputs and outputs of one layer: tensors <c>hidden_states_T</c> and <c>output_T</c>, both <c>[T, K]</c>,
/// for several token counts T, and how they came about in the file's metadata.
/// </summary>
public sealed partial class GoldenRecording : IDisposable
{
    private const string Input = "hidden_states_";
    private readonly SafetensorsFile _file;

    private GoldenRecording(SafetensorsFile file)
    {
        _file = file;
        TokenCounts = [.. file.Names
            .Where(n => n.StartsWith(Input, StringComparison.Ordinal))
            .Select(n => TokensOf(n.AsSpan(Input.Length)))
            .Where(t => t > 0)
            .Order()];
        if (TokenCounts.Count == 0)
        {
            throw NearestNames.Missing(file.Path, $"{Input}1", [.. file.Names]);
        }
    }

    /// <summary>Token counts that are recorded, ascending.</summary>
    public IReadOnlyList<int> TokenCounts { get; }

    /// <summary>
    /// Name of the recorded module, for example <c>model.layers.1.mlp</c>; null when the file does not say.
    /// </summary>
    public string? Module => _file.Metadata.GetValueOrDefault("module");

    /// <summary>How the outputs were computed; null when the file does not say.</summary>
    public string? Note => _file.Metadata.GetValueOrDefault("note");

    /// <summary>The number in <see cref="Module"/>; null when there is none.</summary>
    public int? Layer =>
        Module is { } module && LayerNumber().Match(module) is { Success: true } match
            && int.TryParse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out var layer)
            ? layer
            : null;

    /// <summary>Opens a recording and checks it.</summary>
    /// <exception cref="CheckpointException">The file is missing, malformed, or holds no recorded tokens.</exception>
    public static GoldenRecording Open(string path)
    {
        var file = SafetensorsFile.Open(path);
        try
        {
            var recording = new GoldenRecording(file);
            foreach (var tokens in recording.TokenCounts)
            {
                _ = recording.Case(tokens);
            }

            return recording;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Recorded hidden states and output for <paramref name="tokens"/> tokens, in host memory.</summary>
    /// <exception cref="CheckpointException">Not recorded, or the two differ in size.</exception>
    public (TensorView HiddenStates, TensorView Output) Case(int tokens)
    {
        var (hidden, output) = (_file.View($"{Input}{tokens}"), _file.View($"output_{tokens}"));
        return hidden.Shape.Rank == 2 && hidden.Shape[0] == tokens && output.Shape == hidden.Shape
            && hidden.DType.IsActivation() && output.DType.IsActivation()
            ? (hidden, output)
            : throw CheckpointException.Must(
                _file.Path,
                $"{Input}{tokens} and output_{tokens}",
                $"be [{tokens}, K] in float32, bf16 or fp16",
                $"{hidden.DType.Name()} {hidden.Shape} and {output.DType.Name()} {output.Shape}",
                "record the layer again");
    }

    /// <summary>Closes the file; views of it end.</summary>
    public void Dispose() => _file.Dispose();

    private static int TokensOf(ReadOnlySpan<char> text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var tokens) ? tokens : 0;

    [GeneratedRegex(@"\.([0-9]{1,6})(?:\.|$)")]
    private static partial Regex LayerNumber();
}
