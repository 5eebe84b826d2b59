namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Top-k of float32 logits; softmax over the selected, or their sigmoid.</summary>
internal sealed class FakeRouter(IRouterDescriptor descriptor, MoeLayerSpec layer, CallLog log) : IRouter
{
    public IRouterDescriptor Descriptor => descriptor;

    public void Route(in RouteCall call, IComputeStream stream)
    {
        log.Add("route");
        var (experts, k) = ((int)call.Logits.Shape[1], (int)call.TopKIds.Shape[1]);
        var logits = call.Logits.AsSpan<float>();
        var ids = call.TopKIds.AsSpan<int>();
        var weights = call.TopKWeights.AsSpan<float>();
        for (var m = 0; m < call.Logits.Shape[0]; m++)
        {
            Select(logits.Slice(m * experts, experts), ids.Slice(m * k, k), weights.Slice(m * k, k));
        }
    }

    public void Dispose()
    {
    }

    private void Select(ReadOnlySpan<float> logits, Span<int> ids, Span<float> weights)
    {
        ids.Fill(-1);
        var sum = 0f;
        for (var j = 0; j < ids.Length; j++)
        {
            for (var e = 0; e < logits.Length; e++)
            {
                if (!ids.Contains(e) && (ids[j] < 0 || logits[e] > logits[ids[j]]))
                {
                    ids[j] = e;
                }
            }

            var isSigmoid = layer.Routing.Score == ScoreFunction.Sigmoid;
            weights[j] = isSigmoid ? 1 / (1 + MathF.Exp(-logits[ids[j]])) : MathF.Exp(logits[ids[j]] - logits[ids[0]]);
            sum += weights[j];
        }

        for (var j = 0; layer.Routing.Score != ScoreFunction.Sigmoid && j < ids.Length; j++)
        {
            weights[j] /= sum;
        }
    }
}
