namespace FusedMoe;

/// <summary>
/// Modular prepare/finalize: quantize and dispatch before the experts, combine and reduce after. Finalize gets the ids
/// and weights that prepare returned. Collectives run on every rank even when it has no tokens.
/// </summary>
public interface IPrepareAndFinalize : IPrepareAndFinalizeBase
{
    /// <summary>True when the Begin forms exist; shared experts then overlap the combine.</summary>
    bool SupportsAsync { get; }

    /// <summary>True when finalize may be skipped for an unfinalized result.</summary>
    bool SupportsDeferredFinalize { get; }

    /// <summary>Quantizes (unless deferred) and dispatches.</summary>
    PreparedInputs Prepare(in PrepareCall call, IComputeStream stream);

    /// <summary>Starts <see cref="Prepare"/>. At most one may be pending per lane.</summary>
    /// <exception cref="NotSupportedException"><see cref="SupportsAsync"/> is false.</exception>
    IPrepareReceiver BeginPrepare(in PrepareCall call, IComputeStream stream);

    /// <summary>Combines and reduces into the output.</summary>
    void Finalize(in FinalizeCall call, IComputeStream stream);

    /// <summary>Starts <see cref="Finalize"/>; the output is undefined until the receiver returned.</summary>
    /// <exception cref="NotSupportedException"><see cref="SupportsAsync"/> is false.</exception>
    IFinalizeReceiver BeginFinalize(in FinalizeCall call, IComputeStream stream);
}
