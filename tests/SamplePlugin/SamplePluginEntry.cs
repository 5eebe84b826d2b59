using FusedMoe;
using FusedMoe.SamplePlugin;

[assembly: MoePlugin(typeof(SamplePluginEntry), MoeContract.Version)]

namespace FusedMoe.SamplePlugin;

/// <summary>The entry of the smallest useful plugin: one experts backend.</summary>
public sealed class SamplePluginEntry : IMoePlugin
{
    /// <inheritdoc/>
    public string Name => SampleNames.Experts + "-plugin";

    /// <inheritdoc/>
    public void Configure(IMoePluginBuilder builder) => builder.AddExperts<SampleExpertsDescriptor>();
}
