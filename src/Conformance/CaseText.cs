namespace FusedMoe.Conformance;

/// <summary>What a case is called.</summary>
internal sealed record CaseText(string Group, string Name, string Description);
