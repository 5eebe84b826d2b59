namespace FusedMoe;

/// <summary>Modular experts: top-k ids and weights in, both grouped products and the activation between.</summary>
public interface IFusedExperts : IExpertsBase
{
    /// <summary>What is left of weighting and reduction after <see cref="Apply"/>.</summary>
    WeightAndReduceSpec WeightAndReduce { get; }

    /// <summary>
    /// Enqueues one call. Allocates nothing after the first call, reads no routing result on the host, and is not
    /// called for zero rows. On a GPU the same token count gives the same launches.
    /// </summary>
    ExpertsResult Apply(in ExpertsCall call, IComputeStream stream);
}
