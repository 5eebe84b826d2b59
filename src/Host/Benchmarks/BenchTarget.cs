namespace FusedMoe.Host.Benchmarks;

/// <summary>What a cell should reach.</summary>
/// <param name="Experts">The backend that is measured.</param>
/// <param name="MinTokens">Calls of at least as many tokens.</param>
/// <param name="MaxTokens">Calls of at most as many tokens.</param>
/// <param name="Measure">What is limited.</param>
/// <param name="Limit">The largest value that meets it.</param>
/// <param name="Shape">The one shape it is for; null for all.</param>
internal sealed record BenchTarget(
    string Experts, int MinTokens, int MaxTokens, TargetMeasure Measure, double Limit, string? Shape = null)
{
    /// <summary>Targets of peers and of the floor are looked up apart: of each kind the first that applies counts.</summary>
    public bool IsOfPeer => Measure is TargetMeasure.TimesTriton or TargetMeasure.TimesBestPeer;

    /// <summary>True when it is meant for that cell.</summary>
    public bool AppliesTo(LayerMeasurement cell) =>
        cell.Experts == Experts && cell.Tokens >= MinTokens && cell.Tokens <= MaxTokens
            && (Shape is null || Shape == cell.Shape);

    /// <summary>For example <c>cutlass, 16 to 256 tokens: at most 1.08 x floor</c>.</summary>
    public override string ToString()
    {
        var tokens = MinTokens == MaxTokens ? $"{MinTokens} tokens"
            : MaxTokens == int.MaxValue ? $"{MinTokens} tokens and more"
            : $"{MinTokens} to {MaxTokens} tokens";
        var unit = Measure switch
        {
            TargetMeasure.TimesFloor => "x floor",
            TargetMeasure.Microseconds => "µs",
            TargetMeasure.TimesTriton => $"x {PeerNames.Triton}",
            _ => "x the faster peer",
        };
        return FormattableString.Invariant(
            $"{Experts}{(Shape is null ? "" : " " + Shape)}, {tokens}: at most {Limit:0.###} {unit}");
    }
}
