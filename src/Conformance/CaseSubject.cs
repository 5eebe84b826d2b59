namespace FusedMoe.Conformance;

/// <summary>What a case is about, and which plugins and backend names it concerns (for filters).</summary>
internal record CaseSubject(string Name, IReadOnlyList<string> Plugins, IReadOnlyList<string> Backends)
{
    public bool Matches(ConformanceOptions options) =>
        Contains(Plugins, options.Plugin) && Contains(Backends, options.Backend);

    private static bool Contains(IReadOnlyList<string> names, string? wanted) =>
        wanted is null || names.Contains(wanted, StringComparer.OrdinalIgnoreCase);
}
