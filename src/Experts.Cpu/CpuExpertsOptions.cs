namespace FusedMoe.Experts.Cpu;

/// <summary>Options of the CPU experts, bound from <c>FusedMoe:PluginOptions:cpu-experts</c>.</summary>
public sealed class CpuExpertsOptions
{
    /// <summary>Where the options are bound from.</summary>
    public const string SectionName = "FusedMoe:PluginOptions:" + CpuExpertsNames.Plugin;

    /// <summary>
    /// Instruction set of the dot products. The default, <see cref="InstructionSet.Auto"/>, takes the best that the
    /// processor and the installation have; a named one must be there.
    /// </summary>
    public InstructionSet InstructionSet { get; set; }
}
