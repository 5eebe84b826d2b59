namespace FusedMoe.Runtime;

/// <summary>Brings a call to what the chain needs: logits, or top-k ids and weights.</summary>
internal sealed class RoutingStep(KernelFacts facts, IRouter? router, ILayerOps? ops)
{
    /// <summary>The call's logits, or those of the gate projection.</summary>
    public TensorView Logits(in MoeKernelCall call, Lane lane, IComputeStream stream)
    {
        var rows = call.HiddenStates.Shape[0];
        if (!call.RouterLogits.IsNone)
        {
            return call.RouterLogits;
        }

        var logits = lane.Logits.Slice(0, 0, rows);
        if (rows > 0)
        {
            ops!.ProjectLogits(call.HiddenStates, facts.Weights.Gate, facts.Weights.GateBias, logits, stream);
        }

        return logits;
    }

    /// <summary>The call's ids and weights, or the router's.</summary>
    public Routed Route(in MoeKernelCall call, Lane lane, IComputeStream stream)
    {
        if (!call.TopKIds.IsNone)
        {
            return new Routed(call.TopKIds, call.TopKWeights);
        }

        var rows = call.HiddenStates.Shape[0];
        var routed = new Routed(lane.TopKIds.Slice(0, 0, rows), lane.TopKWeights.Slice(0, 0, rows));
        if (rows > 0)
        {
            router!.Route(
                new RouteCall
                {
                    Logits = Logits(call, lane, stream),
                    CorrectionBias = facts.Weights.CorrectionBias,
                    HashTable = facts.Weights.HashTable,
                    TokenIds = call.TokenIds,
                    TopKIds = routed.Ids,
                    TopKWeights = routed.Weights,
                    ValidTokens = call.ValidTokens,
                },
                stream);
        }

        return routed;
    }
}
