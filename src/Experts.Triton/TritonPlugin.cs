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

        // Reading hundreds of manifest rows takes as long as loading the other plugins, so it goes on beside that.
        var images = Task.Run(TritonImages.FromAssembly);
        builder.Services.AddSingleton(_ => images.GetAwaiter().GetResult());
        builder.Services.AddSingleton<TritonServices>();
        builder.AddExperts<TritonExpertsDescriptor>().AddExperts<TritonBatchedExpertsDescriptor>();
    }
}
