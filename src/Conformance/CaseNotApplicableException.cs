namespace FusedMoe.Conformance;

/// <summary>A case asks for something the subject does not claim or the device cannot do.</summary>
internal sealed class CaseNotApplicableException(string reason, Refusal? refusal = null) : Exception(reason)
{
    public Refusal? Refusal { get; } = refusal;
}
