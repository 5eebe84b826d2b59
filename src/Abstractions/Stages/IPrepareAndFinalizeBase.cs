namespace FusedMoe;

/// <summary>
/// What modular and monolithic prepare/finalize have in common. Calls of one lane are not concurrent.
/// </summary>
public interface IPrepareAndFinalizeBase : IDisposable
{
    /// <summary>The descriptor that created it.</summary>
    IPrepareAndFinalizeDescriptor Descriptor { get; }

    /// <summary>Activations it gives to the experts.</summary>
    ActivationFormat ActivationFormat { get; }

    /// <summary>Id type the transport needs; null means any.</summary>
    DType? TopKIndicesDType { get; }

    /// <summary>T: most tokens a rank may dispatch; null means no bound.</summary>
    int? MaxTokensPerRank { get; }

    /// <summary>D: ranks that may send to this one.</summary>
    int DispatcherCount { get; }

    /// <summary>Most rows the experts can see for <paramref name="tokens"/> of this rank: M after dispatch.</summary>
    int MaxDispatchedTokens(int tokens);

    /// <summary>True when the finalized output is already summed over all ranks.</summary>
    bool OutputIsReduced { get; }

    /// <summary>
    /// Bytes of scratch per lane for up to <paramref name="tokens"/> tokens; the caller hands it over in each call.
    /// </summary>
    long ScratchBytes(int tokens);

    /// <summary>Called once when the chain is composed, before any call.</summary>
    void OnComposed(IExpertsBase experts);
}
