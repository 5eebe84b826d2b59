namespace FusedMoe;

/// <summary>Monolithic experts: router logits in, finished rows out.</summary>
public interface IMonolithicFusedExperts : IExpertsBase
{
    /// <summary>Enqueues one call; same rules as <see cref="IFusedExperts.Apply"/>.</summary>
    void Apply(in MonolithicExpertsCall call, IComputeStream stream);
}
