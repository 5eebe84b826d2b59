using Microsoft.Extensions.Options;

namespace FusedMoe.Experts.Triton;

/// <summary>Checks <see cref="TritonOptions"/>; reports every problem with its key, value and limit.</summary>
internal sealed class TritonOptionsValidator : IValidateOptions<TritonOptions>
{
    private const int MaxTinyBatchPairs = 1024;

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, TritonOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = new List<string>();
        if (options.TinyBatchPairs is < 0 or > MaxTinyBatchPairs)
        {
            failures.Add(
                $"{TritonOptions.SectionName}:{nameof(TritonOptions.TinyBatchPairs)} is {options.TinyBatchPairs}; "
                + $"must be 0 to {MaxTinyBatchPairs}.");
        }

        if (options.TunedFolder is { } folder && !Directory.Exists(folder))
        {
            failures.Add(
                $"{TritonOptions.SectionName}:{nameof(TritonOptions.TunedFolder)} is '{folder}'; "
                + "must be a folder that exists.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
