using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FusedMoe.Conformance;

/// <summary>Results of a suite, as a table for people and JSON for programs.</summary>
/// <param name="device">Name of the device the cases ran on.</param>
/// <param name="entries">Cases with their results.</param>
public sealed class ConformanceReport(
    string device, IReadOnlyList<(ConformanceCase Case, ConformanceResult Result)> entries)
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>Cases that passed.</summary>
    public int Passed => Count(ConformanceOutcome.Passed);

    /// <summary>Cases that failed.</summary>
    public int Failed => Count(ConformanceOutcome.Failed);

    /// <summary>Cases that do not apply.</summary>
    public int NotApplicable => Count(ConformanceOutcome.NotApplicable);

    /// <summary>True when nothing failed and at least one case passed.</summary>
    public bool IsConformant => Failed == 0 && Passed > 0;

    /// <summary>Time of all cases.</summary>
    public TimeSpan Duration => entries.Aggregate(TimeSpan.Zero, (sum, e) => sum + e.Result.Duration);

    /// <summary>
    /// One row a subject, one column a group: passed cases, or passed/run with failures; then every failure.
    /// </summary>
    public string ToTable()
    {
        var text = new StringBuilder();
        var subjects = entries.Select(e => e.Case.Subject).Distinct().ToArray();
        var groups = entries.Select(e => e.Case.Group).Distinct().ToArray();
        var width = subjects.Select(s => s.Length).DefaultIfEmpty(0).Max() + 2;
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{"subject".PadRight(width)}{string.Concat(groups.Select(g => g.PadLeft(Column(g))))}");
        foreach (var subject in subjects)
        {
            text.Append(subject.PadRight(width));
            foreach (var group in groups)
            {
                text.Append(Cell(subject, group).PadLeft(Column(group)));
            }

            text.AppendLine();
        }

        AppendFailures(text);
        text.Append(CultureInfo.InvariantCulture, $"{device}: {Passed} passed, {Failed} failed, {NotApplicable} not applicable");
        text.Append(CultureInfo.InvariantCulture, $" in {Duration.TotalSeconds:F1} s");
        return text.ToString();
    }

    /// <summary>
    /// The same as JSON: device, counts, and every case with outcome, detail, refusal and milliseconds.
    /// </summary>
    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Indented))
        {
            json.WriteStartObject();
            json.WriteString("device", device);
            json.WriteNumber("passed", Passed);
            json.WriteNumber("failed", Failed);
            json.WriteNumber("notApplicable", NotApplicable);
            json.WriteNumber("seconds", Math.Round(Duration.TotalSeconds, 3));
            json.WriteStartArray("cases");
            foreach (var (item, result) in entries)
            {
                Write(json, item, result);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(Utf8JsonWriter json, ConformanceCase item, ConformanceResult result)
    {
        json.WriteStartObject();
        json.WriteString("id", item.Id);
        json.WriteString("subject", item.Subject);
        json.WriteString("group", item.Group);
        json.WriteString("outcome", result.Outcome switch
        {
            ConformanceOutcome.Passed => "passed",
            ConformanceOutcome.Failed => "failed",
            _ => "not-applicable",
        });
        json.WriteString("detail", result.Detail);
        if (result.Refusal is { } refusal)
        {
            json.WriteString("refusal", refusal.ToString());
        }

        json.WriteNumber("milliseconds", Math.Round(result.Duration.TotalMilliseconds, 3));
        json.WriteEndObject();
    }

    private static int Column(string group) => Math.Max(group.Length, 5) + 2;

    private string Cell(string subject, string group)
    {
        var run = entries.Where(e => e.Case.Subject == subject && e.Case.Group == group)
            .Select(e => e.Result.Outcome)
            .Where(o => o != ConformanceOutcome.NotApplicable)
            .ToArray();
        var passed = run.Count(o => o == ConformanceOutcome.Passed);
        return run.Length == 0 ? "-" : passed == run.Length ? $"{passed}" : $"{passed}/{run.Length}";
    }

    private void AppendFailures(StringBuilder text)
    {
        foreach (var (item, result) in entries.Where(e => e.Result.Outcome == ConformanceOutcome.Failed))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"FAILED {item.Id}").AppendLine(
                CultureInfo.InvariantCulture, $"  {result.Detail}");
        }
    }

    private int Count(ConformanceOutcome outcome) => entries.Count(e => e.Result.Outcome == outcome);
}
