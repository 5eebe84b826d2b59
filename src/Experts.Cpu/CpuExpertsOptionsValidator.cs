using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace FusedMoe.Experts.Cpu;

/// <summary>Refuses unknown keys, words that are no instruction set, and sets that this machine lacks.</summary>
internal sealed class CpuExpertsOptionsValidator(IConfigurationSection section) : IValidateOptions<CpuExpertsOptions>
{
    private const string Key = nameof(CpuExpertsOptions.InstructionSet);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, CpuExpertsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = section.GetChildren()
            .Where(child => !string.Equals(child.Key, Key, StringComparison.OrdinalIgnoreCase))
            .Select(child => $"{CpuExpertsOptions.SectionName}:{child.Key} is no option; the options are {Key}.")
            .ToList();
        if (Read(section) is null)
        {
            failures.Add(Wrong(section[Key]!));
        }
        else if (options.InstructionSet != InstructionSet.Auto
            && !DotKernels.Available().Contains(options.InstructionSet))
        {
            failures.Add(Wrong(options.InstructionSet.ToString()));
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    /// <summary>The set that configuration names, Auto when it names none, null when the word is no set.</summary>
    public static InstructionSet? Read(IConfigurationSection section) =>
        section[Key] is not { } text ? InstructionSet.Auto
        : Enum.GetNames<InstructionSet>().Contains(text, StringComparer.OrdinalIgnoreCase)
            ? Enum.Parse<InstructionSet>(text, ignoreCase: true)
            : null;

    private static string Wrong(string actual) =>
        $"{CpuExpertsOptions.SectionName}:{Key} is {actual}; must be one that this machine has: "
        + $"Auto, {string.Join(", ", DotKernels.Available())}.";
}
