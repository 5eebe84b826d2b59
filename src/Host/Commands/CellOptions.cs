using System.CommandLine;
using FusedMoe.Host.Benchmarks;

namespace FusedMoe.Host.Commands;

/// <summary>Which cells a verb measures: shapes, token counts, how often and at what distance.</summary>
internal sealed class CellOptions(int[] defaultTokens, int defaultRepeats)
{
    private readonly Option<string[]> _shapes = new("--shapes")
    {
        Description = $"Layer shapes: {string.Join(", ", NamedShape.All.Select(s => s.Name))}, or all.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => ["qwen3-30b-a3b"],
    };

    private readonly Option<int[]> _tokens = new("--tokens")
    {
        Description = "Tokens of a call; several are timed one after the other.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => defaultTokens,
    };

    private readonly Option<int> _repeats = new("--repeats")
    {
        Description = "Timed calls of each; the median counts.",
        DefaultValueFactory = _ => defaultRepeats,
    };

    private readonly Option<int> _pause = new("--pause")
    {
        Description = "The longest pause in milliseconds before a timed call on a GPU, so that the calls before do not lower "
            + "its clocks. A pause is four times as long as the call before took, rounded up; 0 for none.",
        HelpName = "ms",
        DefaultValueFactory = _ => ReplayPause.DefaultMilliseconds,
    };

    public void AddTo(Command command)
    {
        command.Add(_shapes);
        command.Add(_tokens);
        command.Add(_repeats);
        command.Add(_pause);
    }

    /// <summary>What was asked for.</summary>
    /// <exception cref="ArgumentException">A shape is unknown, a count below 1, or the pause below 0.</exception>
    public CellRequest Of(ParseResult parsed)
    {
        var (names, tokens, repeats) = (parsed.GetValue(_shapes)!, parsed.GetValue(_tokens)!, parsed.GetValue(_repeats));
        if (tokens.Length == 0 || tokens.Min() < 1 || repeats < 1)
        {
            throw new ArgumentException(
                $"--tokens and --repeats must be at least 1, got {string.Join(", ", tokens)} and {repeats}.");
        }

        var pause = parsed.GetValue(_pause);
        if (pause < 0)
        {
            throw new ArgumentException($"--pause must be at least 0 milliseconds, got {pause}.");
        }

        var shapes = names.Contains("all", StringComparer.OrdinalIgnoreCase)
            ? NamedShape.All
            : [.. names.Select(NamedShape.Find)];
        return new CellRequest(shapes, tokens, repeats, pause);
    }
}
