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
    /// <param name="call">Tensors and routing.</param>
    /// <param name="stream">Orders the work.</param>
    /// <exception cref="ArgumentException">A tensor is missing, or of another shape, type, arrangement or device; names the
    /// tensor, what it must be and what it is. Nothing was enqueued. <see cref="ExpertsCallRules"/> checks all of them.
    /// </exception>
    ExpertsResult Apply(in ExpertsCall call, IComputeStream stream);
}
