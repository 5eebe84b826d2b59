namespace FusedMoe.Runtime.Checkpoints;

/// <summary>Words errors about absent tensors: what exists that looks most like it.</summary>
internal static class NearestNames
{
    private const int Shown = 3;

    public static CheckpointException Missing(string file, string name, IReadOnlyCollection<string> existing)
    {
        var nearest = existing
            .OrderByDescending(candidate => CommonEnds(candidate, name))
            .ThenBy(candidate => candidate, StringComparer.Ordinal)
            .Take(Shown)
            .Select(CheckpointException.Quote)
            .ToArray();
        var remedy = nearest.Length == 0 ? "the file is empty" : $"nearest are {string.Join(", ", nearest)}";
        return CheckpointException.Must(
            file, $"tensor {CheckpointException.Quote(name)}", "exist", $"none among {existing.Count} tensors", remedy);
    }

    /// <summary>Characters that both names share at their start and end: tensor names differ in the middle.</summary>
    private static int CommonEnds(string a, string b)
    {
        var shorter = Math.Min(a.Length, b.Length);
        var start = a.AsSpan().CommonPrefixLength(b);
        var end = 0;
        while (end < shorter - start && a[^(end + 1)] == b[^(end + 1)])
        {
            end++;
        }

        return start + end;
    }
}
