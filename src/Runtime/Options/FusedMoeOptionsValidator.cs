using Microsoft.Extensions.Options;

namespace FusedMoe.Runtime;

/// <summary>Reports every problem of the whole section at once.</summary>
internal sealed class FusedMoeOptionsValidator(FusedMoeOptionsBinder binder) : IValidateOptions<FusedMoeOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, FusedMoeOptions options)
    {
        var problems = binder.Problems.Count > 0
            ? [.. binder.Problems, .. binder.ProblemsOfTheRest()]
            : Problems(options, binder.Path).ToArray();
        return problems.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    /// <summary>Problems of values that parsed.</summary>
    internal static IEnumerable<string> Problems(FusedMoeOptions options, string path) =>
        PluginLoadOptionsValidator.Problems(options.Plugins, $"{path}:Plugins")
            .Concat(DeploymentOptionsValidator.Problems(options.Deployment, $"{path}:Deployment"))
            .Concat(ComposerOptionsValidator.Problems(options.Composer, $"{path}:Composer"));
}
