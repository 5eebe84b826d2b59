namespace FusedMoe.Experts.Triton;

/// <summary>All that a choice depends on: calls with one key get one choice.</summary>
/// <param name="Tokens">Rows expected to be live.</param>
/// <param name="IsTiny">True when the rows are few enough that the layer skips sorting of itself.</param>
/// <param name="MayBeTiny">True when they are few enough for a table to ask for that.</param>
/// <param name="Configuration">A name from a measured table, or null.</param>
internal readonly record struct TritonCallKey(int Tokens, bool IsTiny, bool MayBeTiny, string? Configuration);
