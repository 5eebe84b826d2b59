namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// All known families. Names, layouts and routing are those of the published checkpoints and of the models' definitions
/// in the transformers library; recorded layers of each are compared in the tests.
/// </summary>
internal static class MoeFamilies
{
    public static IReadOnlyList<MoeFamily> All { get; } =
        [.. SoftmaxFamilies.All, .. DeepSeekFamilies.All, .. SigmoidFamilies.All];

    /// <summary>Every known <c>model_type</c>, in alphabetical order.</summary>
    public static IReadOnlyList<string> ModelTypes { get; } =
        All.SelectMany(f => f.ModelTypes).Order(StringComparer.Ordinal).ToArray();

    /// <summary>The family of a checkpoint.</summary>
    /// <exception cref="CheckpointException">
    /// Unknown <c>model_type</c> (the known ones are listed), or keys that ask for an unknown formula; all are listed.
    /// </exception>
    public static MoeFamily Of(ModelConfig config)
    {
        var family = config.ModelTypes
            .Select(type => All.FirstOrDefault(f => f.ModelTypes.Contains(type)))
            .FirstOrDefault(f => f is not null)
            ?? throw CheckpointException.Must(config.File, "model_type", $"be one of {string.Join(", ", ModelTypes)}",
                CheckpointException.Quote(config.ModelType), "choose a checkpoint of a known family");
        Check(family, config);
        return family;
    }

    private static void Check(MoeFamily family, ModelConfig config)
    {
        var problems = new ConfigProblems();
        foreach (var (key, reason) in family.RefusedKeys.Where(k => config.Has(k.Key)))
        {
            problems.Add(CheckpointException.Must(config.File, $"'{key}'", "be absent or null", "a value", reason));
        }

        foreach (var (key, known) in family.FixedKeys)
        {
            if (problems.Try(() => config.OptionalScalar(key)) is { } value && value != known)
            {
                problems.Add(CheckpointException.Must(
                    config.File,
                    $"'{key}'",
                    $"be {known} or absent in {config.ModelType}",
                    CheckpointException.Quote(value),
                    "the formula of other values is not known; choose another checkpoint"));
            }
        }

        problems.ThrowIfAny();
    }
}
