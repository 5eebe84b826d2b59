using System.CommandLine;
using System.CommandLine.Parsing;
using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FusedMoe.Host;

/// <summary>Words what the parser found wrong: the option or argument, its value, and what is accepted.</summary>
internal static partial class UsageErrors
{
    /// <summary>One sentence an error.</summary>
    public static IEnumerable<string> Of(ParseResult parsed) =>
        parsed.Errors.Select(e => Sentence(e, parsed.CommandResult.Command)).Distinct(StringComparer.Ordinal);

    /// <summary>The error of an option that a verb does not have.</summary>
    public static string UnknownOption(string option, Command command) =>
        $"Option '{option}' is not one of {NameOf(command)}; its options are {string.Join(", ", OptionsOf(command))}.";

    private static string Sentence(ParseError error, Command command)
    {
        var value = Quoted().Match(error.Message).Groups["value"].Value;
        if (error.Message.StartsWith("Unrecognized", StringComparison.Ordinal))
        {
            return value.StartsWith('-')
                ? UnknownOption(value, command)
                : $"Argument '{value}' is one too many for {NameOf(command)}; 'fusedmoe --help' lists what each verb takes.";
        }

        var option = error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;
        return option is not null && error.Message.StartsWith("Cannot parse", StringComparison.Ordinal)
            ? $"{option.Option.Name} must be {Accepted(option.Option.ValueType, value)}, got '{value}'."
            : error.Message;
    }

    private static string Accepted(Type type, string value)
    {
        var element = type.IsArray ? type.GetElementType()! : type;
        element = Nullable.GetUnderlyingType(element) ?? element;
        var words = element.IsEnum
            ? $"one of {string.Join(", ", Enum.GetNames(element).Select(JsonNamingPolicy.CamelCase.ConvertName))}"
            : element == typeof(int) && BigInteger.TryParse(value, out _)
                ? $"a whole number of {int.MinValue} to {int.MaxValue}"
            : element == typeof(int) || element == typeof(long) ? "a whole number"
            : element == typeof(bool) ? "true or false"
            : "a number";
        return type.IsArray ? $"{words}, or several" : words;
    }

    private static string NameOf(Command command) => command is RootCommand ? "run" : command.Name;

    private static IEnumerable<string> OptionsOf(Command command) => command.Options
        .Select(o => o.Name)
        .Where(n => n.StartsWith("--", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    [GeneratedRegex("'(?<value>[^']*)'")]
    private static partial Regex Quoted();
}
