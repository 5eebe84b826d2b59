namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>A whole layer in plain float32: gate, top-k with softmax over the selected, experts, shared experts.</summary>
internal static class LayerMath
{
    public static MoeLayerWeights RandomWeights(
        Tensors tensors, MoeLayerSpec layer, int? localExperts = null, int tensorRanks = 1)
    {
        var shared = layer.Features.SharedExperts;
        return new MoeLayerWeights
        {
            Experts = tensors.Experts(localExperts ?? layer.Shape.Experts, layer),
            Gate = tensors.RandomFloats(layer.Shape.Experts + layer.Routing.IdentityExperts, layer.Shape.Hidden),
            SharedExperts = shared is null ? null : tensors.Experts(1, layer, shared.Intermediate / tensorRanks),
            SharedGate = shared is { HasGate: true } ? tensors.RandomFloats(1, layer.Shape.Hidden) : TensorView.None,
        };
    }

    public static float[] Expected(MoeLayerSpec layer, MoeLayerWeights weights, TensorView hidden)
    {
        var (rows, width) = ((int)hidden.Shape[0], layer.Shape.Hidden);
        var (k, experts) = (layer.Shape.TopK, layer.Shape.Experts + layer.Routing.IdentityExperts);
        var result = new float[rows * width];
        var scratch = new float[64];
        for (var m = 0; m < rows; m++)
        {
            var x = hidden.AsSpan<float>().Slice(m * width, width).ToArray();
            var logits = Enumerable.Range(0, experts).Select(e => Dot(weights.Gate, e, x)).ToArray();
            var best = Enumerable.Range(0, experts).OrderByDescending(e => logits[e]).Take(k).ToArray();
            var sum = best.Sum(e => MathF.Exp(logits[e] - logits[best[0]]));
            var row = result.AsSpan(m * width, width);
            foreach (var e in best)
            {
                var weight = MathF.Exp(logits[e] - logits[best[0]]) / sum;
                for (var i = 0; e >= layer.Shape.Experts && i < width; i++)
                {
                    row[i] += weight * x[i];
                }

                if (e < layer.Shape.Experts)
                {
                    ExpertMath.Add(x, weights.Experts, e, weight, row, scratch);
                }
            }

            if (weights.SharedExperts is { } shared)
            {
                var gate = weights.SharedGate.IsNone ? 1 : 1 / (1 + MathF.Exp(-Dot(weights.SharedGate, 0, x)));
                ExpertMath.Add(x, shared, 0, gate, row, scratch);
            }
        }

        return result;
    }

    private static float Dot(TensorView weight, int row, float[] x) =>
        x.Select((v, i) => v * weight.AsSpan<float>()[(row * x.Length) + i]).Sum();
}
