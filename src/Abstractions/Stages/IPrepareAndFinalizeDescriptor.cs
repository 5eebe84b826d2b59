namespace FusedMoe;

/// <summary>Facts about a prepare/finalize scheme that hold before one is constructed.</summary>
public interface IPrepareAndFinalizeDescriptor : IStageDescriptor
{
    /// <summary>True for the twin that carries router logits instead of top-k ids.</summary>
    bool IsMonolithic { get; }

    /// <summary>Activations it gives to the experts.</summary>
    ActivationFormat ActivationFormat { get; }

    /// <summary>Creates the modular scheme.</summary>
    /// <exception cref="InvalidOperationException">The scheme is monolithic.</exception>
    IPrepareAndFinalize Create(StageContext context);

    /// <summary>Creates the monolithic scheme.</summary>
    /// <exception cref="InvalidOperationException">The scheme is modular.</exception>
    IMonolithicPrepareAndFinalize CreateMonolithic(StageContext context);
}
