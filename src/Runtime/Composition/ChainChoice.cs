namespace FusedMoe.Runtime;

/// <summary>A chain and the evidence for it.</summary>
/// <param name="Chain">The chain.</param>
/// <param name="Reason">Evidence.</param>
/// <param name="Because">Evidence in words.</param>
internal sealed record ChainChoice(MoeChain Chain, ChoiceReason Reason, string Because);
