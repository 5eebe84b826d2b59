namespace FusedMoe;

/// <summary>
/// Why something cannot run, as data. The text is derived: <c>[code] subject must be required, got actual; remedy.</c>
/// </summary>
/// <param name="Code">Which rule refused.</param>
/// <param name="Subject">What the rule looks at, for example <c>hidden size</c>.</param>
/// <param name="Required">What it must be, with units.</param>
/// <param name="Actual">What it is, with units.</param>
/// <param name="Remedy">What the user can do; null when there is nothing.</param>
public sealed record Refusal(RefusalCode Code, string Subject, string Required, string Actual, string? Remedy = null)
{
    /// <summary>The sentence without the code.</summary>
    public string Sentence =>
        $"{Subject} must be {Required}, got {Actual}{(Remedy is null ? string.Empty : "; " + Remedy)}.";

    /// <summary>The code in brackets, then the sentence.</summary>
    public override string ToString() => $"[{Code}] {Sentence}";
}
