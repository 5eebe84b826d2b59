namespace FusedMoe.Runtime;

/// <summary>One experts backend of a kernel and the token counts it serves.</summary>
internal sealed record ExpertsSlot(ExpertsChoice Choice, IExpertsBase Experts, IPreparedWeights Weights)
{
    /// <summary>The modular backend.</summary>
    public IFusedExperts Modular => (IFusedExperts)Experts;

    /// <summary>The monolithic backend.</summary>
    public IMonolithicFusedExperts Monolithic => (IMonolithicFusedExperts)Experts;

    /// <summary>The slot for a call of <paramref name="tokens"/> rows among slots in ascending order.</summary>
    public static ExpertsSlot For(ExpertsSlot[] slots, int tokens)
    {
        foreach (var slot in slots)
        {
            if (tokens <= slot.Choice.MaxTokens)
            {
                return slot;
            }
        }

        return slots[^1];
    }
}
