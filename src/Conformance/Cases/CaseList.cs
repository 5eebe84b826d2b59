namespace FusedMoe.Conformance;

/// <summary>Collects the cases of one subject.</summary>
internal sealed class CaseList(SuiteContext context, CaseSubject subject)
{
    private readonly List<ConformanceCase> _cases = [];

    public SuiteContext Context { get; } = context;

    public IReadOnlyList<ConformanceCase> Cases => _cases;

    public void Add(string group, string name, string description, Func<CaseScope, string> body) =>
        _cases.Add(new ConformanceCase(Context, subject, new CaseText(group, name, description), body));

    /// <summary>
    /// Adds a run against the reference when the composer accepts it; refused ones are the refusal cases' concern.
    /// </summary>
    public void AddClaimed(string group, string name, string description, LayerRun? run)
    {
        if (run is not null && run.IsAccepted(Context))
        {
            Add(group, name, description, scope => LayerCheck.Matches(scope, run));
        }
    }
}
