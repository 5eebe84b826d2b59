using System.Globalization;
using FusedMoe.Host.Output;

namespace FusedMoe.Host.Layers;

/// <summary>What <c>run</c> found.</summary>
internal sealed record RunResult(
    MoeKernelPlan Plan, int Tokens, double Microseconds, IReadOnlyList<RecordingCheck> Recorded, RepeatCheck Repeat)
{
    /// <summary>The steps from the process's start to the first output; null when they were not asked for.</summary>
    public IReadOnlyList<StartStep>? Start { get; init; }

    /// <summary>True when every check held.</summary>
    public bool Holds => Repeat is { IsFinite: true, IsRepeatable: true } && Recorded.All(c => c.Holds);

    private double TokensPerSecond => Tokens / Microseconds * 1e6;

    public object ToJson() => new
    {
        plan = PlanJson.Of(Plan),
        tokens = Tokens,
        microseconds = Microseconds,
        tokensPerSecond = TokensPerSecond,
        recorded = Recorded,
        finite = Repeat.IsFinite,
        repeatable = Repeat.IsRepeatable,
        holds = Holds,
        firstOutputMilliseconds = Start?.Sum(s => s.Milliseconds),
        start = Start,
    };

    public string ToText()
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        text.WriteLine($"layer    {Plan.Layer}");
        text.WriteLine($"device   {Plan.Deployment.Device.Id}: {Plan.Deployment.Device.Name}");
        text.WriteLine($"chain    {Plan.Chain}");
        text.WriteLine($"because  {Plan.Because}");
        text.WriteLine($"time     {Microseconds:0.0} µs for {Tokens} tokens, {TokensPerSecond:0} tokens/s");
        if (Start is { } start)
        {
            var steps = start.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Name} {s.Milliseconds:0}"));
            text.WriteLine(
                $"start    first output after {start.Sum(s => s.Milliseconds):0} ms: {string.Join(", ", steps)}");
        }

        foreach (var check in Recorded)
        {
            text.WriteLine(
                $"check    {check.Tokens} recorded tokens: relative error {check.RelativeError:0.0000} "
                + $"(limit {check.Tolerance})");
        }

        var (finite, repeatable) = (Repeat.IsFinite ? "yes" : "no", Repeat.IsRepeatable ? "yes" : "no");
        text.WriteLine($"check    output finite: {finite}, same bits twice: {repeatable}");
        text.Write(Holds ? "PASS" : "FAIL");
        return text.ToString();
    }
}
