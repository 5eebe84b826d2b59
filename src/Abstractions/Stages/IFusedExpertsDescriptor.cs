namespace FusedMoe;

/// <summary>Facts about an experts backend that hold before one is constructed.</summary>
public interface IFusedExpertsDescriptor : IStageDescriptor
{
    /// <summary>True when it routes inside; <see cref="CreateMonolithic"/> is then the one to call.</summary>
    bool IsMonolithic { get; }

    /// <summary>Activations it takes and gives.</summary>
    ActivationFormat ActivationFormat { get; }

    /// <summary>True when the backend quantizes its own input, so that prepare must not.</summary>
    bool ExpectsUnquantizedInputs { get; }

    /// <summary>True when it can stop after the second product (<see cref="ExpertsCall.DeferFinalize"/>).</summary>
    bool CanDeferFinalize { get; }

    /// <summary>The layout it wants its weights in.</summary>
    WeightLayout WeightLayout { get; }

    /// <summary>Creates the modular backend.</summary>
    /// <exception cref="InvalidOperationException">The backend is monolithic.</exception>
    IFusedExperts Create(StageContext context);

    /// <summary>Creates the monolithic backend.</summary>
    /// <exception cref="InvalidOperationException">The backend is modular.</exception>
    IMonolithicFusedExperts CreateMonolithic(StageContext context);
}
