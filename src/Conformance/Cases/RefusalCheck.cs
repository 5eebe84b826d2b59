using System.Text.RegularExpressions;

namespace FusedMoe.Conformance;

/// <summary>Holds refusals to their wording: a stable code, and a subject, what it must be, what it is.</summary>
internal static partial class RefusalCheck
{
    public static void Require(string asked, Refusal refusal)
    {
        if (!CodePattern().IsMatch(refusal.Code.Value ?? string.Empty))
        {
            throw Malformed(
                asked, refusal, "code must be kebab-case words with an optional prefix and dot", refusal.Code.Value);
        }

        foreach (var (part, text) in new[]
        {
            ("subject", refusal.Subject), ("required", refusal.Required), ("actual", refusal.Actual),
        })
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                throw Malformed(asked, refusal, $"{part} must be given", text);
            }
        }

        foreach (var text in new[] { refusal.Subject, refusal.Required, refusal.Actual, refusal.Remedy })
        {
            if (text is not null && (
                text.Contains('!', StringComparison.Ordinal) || text.EndsWith('.') || text != text.Trim()))
            {
                throw Malformed(
                    asked, refusal, "parts must be plain phrases without full stop or exclamation mark", text);
            }
        }

        if (refusal.Required == refusal.Actual)
        {
            throw Malformed(asked, refusal, "required and actual must differ", refusal.Actual);
        }
    }

    private static CaseFailedException Malformed(string asked, Refusal refusal, string rule, string? actual) =>
        new($"Refusal of {asked} is malformed: {rule}, got '{actual}' in \"{refusal}\".");

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*(\\.[a-z0-9]+(-[a-z0-9]+)*)?$")]
    private static partial Regex CodePattern();
}
