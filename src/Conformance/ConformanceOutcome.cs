namespace FusedMoe.Conformance;

/// <summary>How a case ended.</summary>
public enum ConformanceOutcome
{
    /// <summary>What was claimed holds.</summary>
    Passed,

    /// <summary>What was claimed does not hold, or a refusal is malformed.</summary>
    Failed,

    /// <summary>The subject does not claim it, or the device cannot do it.</summary>
    NotApplicable,
}
