namespace FusedMoe;

/// <summary>The stages of a plan.</summary>
/// <param name="Router">Router; null for monolithic chains and layers whose callers bring ids.</param>
/// <param name="PrepareAndFinalize">Prepare and finalize.</param>
/// <param name="Experts">Experts by token count, ascending; one entry unless a measured table splits.</param>
public sealed record MoeChain(
    IRouterDescriptor? Router, IPrepareAndFinalizeDescriptor PrepareAndFinalize, IReadOnlyList<ExpertsChoice> Experts)
{
    /// <summary>For example <c>topk -> local -> cpu -> local</c>.</summary>
    public override string ToString()
    {
        var experts = string.Join(" | ", Experts.Select(Describe));
        var router = Router is null ? string.Empty : $"{Router.Name} -> ";
        return $"{router}{PrepareAndFinalize.Name} -> {experts} -> {PrepareAndFinalize.Name}";
    }

    private static string Describe(ExpertsChoice choice)
    {
        var range = choice.MaxTokens == int.MaxValue ? string.Empty : $" (up to {choice.MaxTokens} tokens)";
        return choice.Experts.Name + range;
    }
}
