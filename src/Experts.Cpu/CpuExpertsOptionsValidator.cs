using Microsoft.Extensions.Options;

namespace FusedMoe.Experts.Cpu;

/// <summary>Refuses instruction sets that this machine does not have.</summary>
internal sealed class CpuExpertsOptionsValidator : IValidateOptions<CpuExpertsOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, CpuExpertsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var available = DotKernels.Available();
        if (options.InstructionSet == InstructionSet.Auto || available.Contains(options.InstructionSet))
        {
            return ValidateOptionsResult.Success;
        }

        return ValidateOptionsResult.Fail(
            $"{CpuExpertsOptions.SectionName}:{nameof(CpuExpertsOptions.InstructionSet)} is {options.InstructionSet}; "
            + $"must be one that this machine has: Auto, {string.Join(", ", available)}.");
    }
}
