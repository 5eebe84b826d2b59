using Microsoft.Extensions.Options;

namespace FusedMoe.Experts.Cutlass;

/// <summary>Checks <see cref="CutlassOptions"/>.</summary>
internal sealed class CutlassOptionsValidator : IValidateOptions<CutlassOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, CutlassOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Tile is null or DecodeHeuristic.Configuration || CutlassTile.Parse(options.Tile) is not null
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"{CutlassOptions.SectionName}:{nameof(CutlassOptions.Tile)} is '{options.Tile}'; must be one of "
                + $"{DecodeHeuristic.Configuration}, {string.Join(", ", CutlassTile.All.Select(t => t.Key))}.");
    }
}
