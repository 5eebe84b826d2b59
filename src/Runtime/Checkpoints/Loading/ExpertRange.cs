namespace FusedMoe.Runtime.Checkpoints;

/// <summary>The experts of one rank.</summary>
/// <param name="First">First global expert.</param>
/// <param name="Count">How many.</param>
internal readonly record struct ExpertRange(int First, int Count)
{
    /// <summary>Contiguous shares; the first ranks get one more when they are uneven.</summary>
    public static ExpertRange Of(int experts, ParallelSpec parallel)
    {
        var (share, rest) = Math.DivRem(experts, parallel.EpSize);
        return new(
            (parallel.EpRank * share) + Math.Min(parallel.EpRank, rest), share + (parallel.EpRank < rest ? 1 : 0));
    }
}
