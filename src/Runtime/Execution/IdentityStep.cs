namespace FusedMoe.Runtime;

/// <summary>Adds the identity experts: to the stages their ids are outside, so nothing else of a call counts them.</summary>
internal sealed class IdentityStep(ILayerOps ops, int first, int count)
{
    /// <summary>Adds to the live rows of a call's output.</summary>
    /// <param name="call">The call.</param>
    /// <param name="chosen">Ids and weights of the call's own tokens.</param>
    /// <param name="stream">Orders the work.</param>
    public void AddTo(in MoeKernelCall call, Routed chosen, IComputeStream stream)
    {
        if (call.Output.Shape[0] == 0)
        {
            return;
        }

        ops.AddIdentity(
            new IdentityCall
            {
                Target = call.Output,
                HiddenStates = call.HiddenStates,
                TopKIds = chosen.Ids,
                TopKWeights = chosen.Weights,
                First = first,
                Count = count,
                ValidTokens = call.ValidTokens,
            },
            stream);
    }
}
