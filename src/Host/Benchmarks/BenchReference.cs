using FusedMoe.Host.Layers;

namespace FusedMoe.Host.Benchmarks;

/// <summary>Recomputes sampled rows of a measurement with the float64 experts, on just the experts those rows chose.</summary>
internal static class BenchReference
{
    private const int SampledRows = 2;

    /// <summary>Relative Frobenius error of the first and last row of <paramref name="output"/>.</summary>
    public static double RelativeError(
        HostSession session,
        NamedShape shape,
        SyntheticWeights weights,
        TokenRouting routing,
        ReadOnlySpan<float> hidden,
        ReadOnlySpan<float> output)
    {
        var (_, topK, width, _) = shape.Layer.Shape;
        var tokens = routing.Ids.Length / topK;
        var worst = 0.0;
        foreach (var row in Enumerable.Range(0, SampledRows).Select(i => i * (tokens - 1)).Distinct())
        {
            var expected = Row(session, shape, weights, routing, hidden.Slice(row * width, width), row);
            var error = ErrorMeasure.RelativeFrobenius(output.Slice(row * width, width), expected);
            worst = double.IsNaN(error) ? double.NaN : Math.Max(worst, error);
        }

        return worst;
    }

    private static float[] Row(
        HostSession session, NamedShape shape, SyntheticWeights weights, TokenRouting routing, ReadOnlySpan<float> hidden, int row)
    {
        var layer = shape.Layer;
        var (experts, topK, width, intermediate) = layer.Shape;
        var slots = Enumerable.Range(row * topK, topK).Where(s => routing.Ids[s] < experts / shape.ExpertRanks).ToArray();
        if (slots.Length == 0)
        {
            return new float[width];
        }

        var small = new MoeLayerSpec(
            new MoeShape(slots.Length, slots.Length, width, intermediate),
            RoutingSpec.For(RoutingMethod.TopK),
            layer.Activation,
            layer.Features);
        var deployment = session.Deployment("cpu", maxTokens: 1) with { GraphCapture = false, Parallel = ParallelSpec.Single };
        var device = session.OpenDevice(deployment);
        using var stream = device.CreateStream();
        using var gathered = weights.Gather(layer, slots.Select(s => routing.Ids[s]).ToArray(), device);
        var plan = session.Composer.Compose(small, deployment, new StageSelection(Experts: "reference"));
        using var kernel = session.Composer.Build(plan, gathered.Weights, new KernelBuildOptions { Device = device });
        var reduced = new TokenRouting([.. Enumerable.Range(0, slots.Length)], [.. slots.Select(s => routing.Weights[s])]);
        using var call = new BenchCall(kernel, reduced, ActivationBytes.FromFloat(hidden, layer.ActivationDType), stream);
        call.Apply();
        return call.ReadOutput();
    }
}
