namespace FusedMoe.Runtime;

/// <summary>One stage under consideration.</summary>
internal sealed class Candidate(IStageDescriptor stage, string plugin, List<Refusal> refusals)
{
    /// <summary>The stage.</summary>
    public IStageDescriptor Stage { get; } = stage;

    /// <summary>Reasons against it.</summary>
    public List<Refusal> Refusals { get; } = refusals;

    /// <summary>Why it was or was not chosen when nothing speaks against it.</summary>
    public string Note { get; set; } = string.Empty;

    /// <summary>True when it is in the chain.</summary>
    public bool IsChosen { get; set; }

    /// <summary>True when nothing speaks against it.</summary>
    public bool IsAccepted => Refusals.Count == 0;

    /// <summary>The record for the plan.</summary>
    public CandidateReport Report() =>
        new(Stage.Kind, Stage.Name, plugin, IsChosen, [.. Refusals], IsAccepted ? Note : string.Empty);
}
