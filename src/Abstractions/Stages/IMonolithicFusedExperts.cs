namespace FusedMoe;

/// <summary>Monolithic experts: router logits in, finished rows out.</summary>
public interface IMonolithicFusedExperts : IExpertsBase
{
    /// <summary>Enqueues one call; same rules as <see cref="IFusedExperts.Apply"/>.</summary>
    /// <param name="call">Tensors and router logits.</param>
    /// <param name="stream">Orders the work.</param>
    /// <exception cref="ArgumentException">As for <see cref="IFusedExperts.Apply"/>, and for router logits as for
    /// <see cref="IRouter.Route"/>.</exception>
    void Apply(in MonolithicExpertsCall call, IComputeStream stream);
}
