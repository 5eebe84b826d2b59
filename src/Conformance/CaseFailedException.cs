namespace FusedMoe.Conformance;

/// <summary>A check of a case does not hold; the message is the result's detail.</summary>
internal sealed class CaseFailedException(string detail) : Exception(detail);
