using FusedMoe;
using FusedMoe.Experts.Cutlass;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

[assembly: MoePlugin(typeof(CutlassPlugin), MoeContract.Version)]

namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// Offers <c>cutlass</c> and <c>cutlass-batched</c>: Hopper experts whose weights stream through the tensor memory
/// accelerator.
/// </summary>
public sealed class CutlassPlugin : IMoePlugin
{
    /// <inheritdoc/>
    public string Name => CutlassNames.Plugin;

    /// <inheritdoc/>
    public void Configure(IMoePluginBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IValidateOptions<CutlassOptions>, CutlassOptionsValidator>();
        builder.Services.AddOptions<CutlassOptions>()
            .Configure(o => builder.Configuration.Bind(o, binder => binder.ErrorOnUnknownConfiguration = true))
            .ValidateOnStart();
        builder.Services.AddSingleton<CutlassServices>();
        builder.AddExperts<CutlassExpertsDescriptor>().AddExperts<CutlassBatchedExpertsDescriptor>();
    }
}
