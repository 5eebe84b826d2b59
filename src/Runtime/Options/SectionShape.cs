using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace FusedMoe.Runtime;

/// <summary>
/// Compares a configuration section with an options class before anything is bound: unknown keys, values that do not
/// parse and values where a section or list belongs. The binder stops at the first of these; a user wants all of them.
/// </summary>
internal static class SectionShape
{
    /// <summary>Every problem, with key path, value and what is accepted.</summary>
    public static IEnumerable<SectionProblem> Problems(IConfigurationSection section, Type options)
    {
        var properties = options.GetProperties(BindingFlags.Public | BindingFlags.Instance);
        var accepted = string.Join(", ", properties.Select(p => p.Name));
        if (!string.IsNullOrEmpty(section.Value))
        {
            yield return Of(section, $"is '{section.Value}'; must be a section with the keys {accepted}.");
            yield break;
        }

        foreach (var child in section.GetChildren())
        {
            var property = properties.FirstOrDefault(p => p.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                yield return Of(child, $"is unknown; accepted keys are {accepted}.");
                continue;
            }

            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            foreach (var problem in ValueProblems(child, type))
            {
                yield return problem;
            }
        }
    }

    private static SectionProblem Of(IConfigurationSection section, string text) =>
        new(section.Path, $"{section.Path} {text}");

    private static IEnumerable<SectionProblem> ValueProblems(IConfigurationSection child, Type type)
    {
        if (type == typeof(IConfigurationSection))
        {
            return [];
        }

        if (type == typeof(IList<string>) || type == typeof(IDictionary<string, string>))
        {
            return CollectionProblems(child, type == typeof(IList<string>));
        }

        if (type == typeof(string) || type.IsEnum || type.IsPrimitive)
        {
            return ScalarProblem(child, type) is { } problem ? [problem] : [];
        }

        return Problems(child, type);
    }

    private static IEnumerable<SectionProblem> CollectionProblems(IConfigurationSection child, bool isList)
    {
        var wanted = isList ? "a list of texts" : "a section of texts";
        if (!string.IsNullOrEmpty(child.Value))
        {
            yield return Of(child, $"is '{child.Value}'; must be {wanted}.");
        }

        foreach (var item in child.GetChildren())
        {
            if (item.GetChildren().Any())
            {
                yield return Of(item, "is a section; must be a text.");
            }
        }
    }

    private static SectionProblem? ScalarProblem(IConfigurationSection child, Type type)
    {
        if (child.GetChildren().Any())
        {
            return Of(child, $"is a section; must be {Wanted(type)}.");
        }

        var value = child.Value;
        if (type == typeof(string) || value is null)
        {
            return null;
        }

        var parses = type.IsEnum
            ? Enum.GetNames(type).Contains(value, StringComparer.OrdinalIgnoreCase)
            : type == typeof(bool)
                ? bool.TryParse(value, out _)
                : int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
        return parses ? null : Of(child, $"is '{value}'; must be {Wanted(type)}.");
    }

    private static string Wanted(Type type) =>
        type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}"
        : type == typeof(bool) ? "true or false"
        : type == typeof(string) ? "a text"
        : "an integer of -2147483648 to 2147483647";
}
