using FusedMoe;
using FusedMoe.Experts.Cpu;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

[assembly: MoePlugin(typeof(CpuExpertsPlugin), MoeContract.Version)]

namespace FusedMoe.Experts.Cpu;

/// <summary>
/// Offers the experts that run on the host: <c>cpu</c>, <c>cpu-batched</c>, <c>cpu-monolithic</c>, <c>reference</c>.
/// </summary>
public sealed class CpuExpertsPlugin : IMoePlugin
{
    /// <inheritdoc/>
    public string Name => CpuExpertsNames.Plugin;

    /// <inheritdoc/>
    public void Configure(IMoePluginBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var section = builder.Configuration;
        builder.Services.AddSingleton<IValidateOptions<CpuExpertsOptions>>(new CpuExpertsOptionsValidator(section));
        builder.Services.AddOptions<CpuExpertsOptions>()
            .Configure(o => o.InstructionSet = CpuExpertsOptionsValidator.Read(section) ?? InstructionSet.Auto)
            .ValidateOnStart();
        builder.Services.AddSingleton(
            s => new DotKernels(s.GetRequiredService<IOptions<CpuExpertsOptions>>().Value.InstructionSet));
        builder.AddExperts<CpuExpertsDescriptor>()
            .AddExperts<CpuBatchedExpertsDescriptor>()
            .AddExperts<CpuMonolithicExpertsDescriptor>()
            .AddExperts<ReferenceExpertsDescriptor>();
    }
}
