namespace FusedMoe;

/// <summary>Monolithic prepare/finalize, for experts that route inside. Never async.</summary>
public interface IMonolithicPrepareAndFinalize : IPrepareAndFinalizeBase
{
    /// <summary>Quantizes (unless deferred) and dispatches hidden states and logits.</summary>
    MonolithicPreparedInputs Prepare(in MonolithicPrepareCall call, IComputeStream stream);

    /// <summary>Combines the experts' rows into <paramref name="output"/> <c>[M, K]</c>.</summary>
    /// <param name="output">Rows beyond the valid ones keep what they held.</param>
    /// <param name="expertOutput">What the experts wrote; may be the same tensor.</param>
    /// <param name="validTokens">
    /// int32 <c>[1]</c> on the device, or <see cref="TensorView.None"/> when all rows are valid.
    /// </param>
    /// <param name="stream">Orders the work.</param>
    void Finalize(TensorView output, TensorView expertOutput, TensorView validTokens, IComputeStream stream);
}
