using FusedMoe;
using FusedMoe.Experts.Triton;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

[assembly: MoePlugin(typeof(TritonPlugin), MoeContract.Version)]

namespace FusedMoe.Experts.Triton;

/// <summary>Offers the experts whose kernels are written in Triton: <c>triton</c> and <c>triton-batched</c>.</summary>
public sealed class TritonPlugin : IMoePlugin
{
    /// <inheritdoc/>
    public string Name => TritonNames.Plugin;

    /// <inheritdoc/>
    public void Configure(IMoePluginBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IValidateOptions<TritonOptions>, TritonOptionsValidator>();
        builder.Services.AddOptions<TritonOptions>()
            .Configure(o => builder.Configuration.Bind(o, binder => binder.ErrorOnUnknownConfiguration = true))
            .ValidateOnStart();
        builder.Services.AddSingleton(_ => TritonImages.FromAssembly());
        builder.Services.AddSingleton<TritonServices>();
        builder.AddExperts<TritonExpertsDescriptor>().AddExperts<TritonBatchedExpertsDescriptor>();
    }
}
