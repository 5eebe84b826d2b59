namespace FusedMoe.Experts.Cpu;

/// <summary>Names of the backends in configuration.</summary>
public static class CpuExpertsNames
{
    /// <summary>The plugin, and its section under <c>FusedMoe:PluginOptions</c>.</summary>
    public const string Plugin = "cpu-experts";

    /// <summary>SIMD experts, standard format.</summary>
    public const string Cpu = "cpu";

    /// <summary>SIMD experts, batched format.</summary>
    public const string CpuBatched = "cpu-batched";

    /// <summary>SIMD experts that route inside.</summary>
    public const string CpuMonolithic = "cpu-monolithic";

    /// <summary>The float64 experts.</summary>
    public const string Reference = "reference";
}
