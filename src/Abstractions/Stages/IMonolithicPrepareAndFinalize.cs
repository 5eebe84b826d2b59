namespace FusedMoe;

/// <summary>Monolithic prepare/finalize, for experts that route inside. Never async.</summary>
public interface IMonolithicPrepareAndFinalize : IPrepareAndFinalizeBase
{
    /// <summary>Quantizes (unless deferred) and dispatches hidden states and logits.</summary>
    MonolithicPreparedInputs Prepare(in MonolithicPrepareCall call, IComputeStream stream);

    /// <summary>Combines the experts' rows into <paramref name="output"/> <c>[M, K]</c>.</summary>
    void Finalize(TensorView output, TensorView expertOutput, IComputeStream stream);
}
