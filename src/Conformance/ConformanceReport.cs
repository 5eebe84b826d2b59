using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FusedMoe.Conformance;

/// <summary>Results of a suite, as a table for people and JSON for programs.</summary>
/// <param name="device">Name of the device the cases ran on.</param>
/// <param name="entries">Cases with their results.</param>
public sealed class ConformanceReport(
    string device, IReadOnlyList<(ConformanceCase Case, ConformanceResult Result)> entries)
{
    private static readonly JsonWriterOptions Indented = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private const int LineWidth = 108;

    /// <summary>Cases that passed.</summary>
    public int Passed => Count(entries, ConformanceOutcome.Passed);

    /// <summary>Cases that failed.</summary>
    public int Failed => Count(entries, ConformanceOutcome.Failed);

    /// <summary>Cases that do not apply.</summary>
    public int NotApplicable => Count(entries, ConformanceOutcome.NotApplicable);

    /// <summary>True when nothing failed and at least one case passed.</summary>
    public bool IsConformant => Failed == 0 && Passed > 0;

    /// <summary>Time of all cases.</summary>
    public TimeSpan Duration => entries.Aggregate(TimeSpan.Zero, (sum, e) => sum + e.Result.Duration);

    /// <summary>
    /// A row a subject with its counts and seconds, under it the counts of each group (passed, or passed/run when some
    /// failed); then every failure with its detail; then the sums. At most 110 columns wide but for details.
    /// </summary>
    public string ToTable()
    {
        var text = new StringBuilder();
        var subjects = entries.Select(e => e.Case.Subject).Distinct().ToArray();
        var width = subjects.Select(s => s.Length).Append("subject".Length).Max() + 2;
        text.AppendLine(Format($"{"subject".PadRight(width)}  passed  failed  not applicable  seconds"));
        foreach (var subject in subjects)
        {
            var own = entries.Where(e => e.Case.Subject == subject).ToArray();
            var seconds = own.Sum(e => e.Result.Duration.TotalSeconds);
            text.Append(subject.PadRight(width))
                .Append(Format($"{Count(own, ConformanceOutcome.Passed),8}{Count(own, ConformanceOutcome.Failed),8}"))
                .AppendLine(Format($"{Count(own, ConformanceOutcome.NotApplicable),16}{seconds,9:F2}"));
            AppendGroups(text, own);
        }

        AppendFailures(text);
        text.Append(Format($"{device}: {Passed} passed, {Failed} failed, {NotApplicable} not applicable"));
        return text.Append(Format($" in {Duration.TotalSeconds:F1} s")).ToString();
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

    private static void AppendGroups(StringBuilder text, (ConformanceCase Case, ConformanceResult Result)[] own)
    {
        var cells = own.GroupBy(e => e.Case.Group).Select(Cell).ToArray();
        var line = "   ";
        for (var i = 0; i < cells.Length; i++)
        {
            if (line.Length + cells[i].Length > LineWidth)
            {
                text.AppendLine(line);
                line = "   ";
            }

            line += $" {cells[i]}{(i + 1 < cells.Length ? "," : string.Empty)}";
        }

        text.AppendLine(line);
    }

    private static string Cell(IGrouping<string, (ConformanceCase Case, ConformanceResult Result)> group)
    {
        var run = group.Count(e => e.Result.Outcome != ConformanceOutcome.NotApplicable);
        var passed = Count(group, ConformanceOutcome.Passed);
        return run == 0 ? $"{group.Key} -" : passed == run ? $"{group.Key} {passed}" : $"{group.Key} {passed}/{run}";
    }

    private void AppendFailures(StringBuilder text)
    {
        foreach (var (item, result) in entries.Where(e => e.Result.Outcome == ConformanceOutcome.Failed))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"FAILED {item.Id}").AppendLine(
                CultureInfo.InvariantCulture, $"  {result.Detail}");
        }
    }

    private static int Count(
        IEnumerable<(ConformanceCase Case, ConformanceResult Result)> entries, ConformanceOutcome outcome) =>
        entries.Count(e => e.Result.Outcome == outcome);

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
