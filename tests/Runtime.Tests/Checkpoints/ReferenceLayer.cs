using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>
/// Evaluates a loaded layer token by token in float64: routing, experts and shared experts, nothing clever.
/// </summary>
internal sealed class ReferenceLayer
{
    private readonly LoadedMoeLayer _layer;
    private readonly MoeLayerSpec _spec;
    private readonly double[] _gate;
    private readonly ReferenceExpert?[] _experts;
    private readonly ReferenceExpert? _shared;

    public ReferenceLayer(LoadedMoeLayer layer)
    {
        (_layer, _spec) = (layer, layer.Spec);
        _gate = All(layer.Weights.Gate);
        _experts = new ReferenceExpert?[layer.Spec.Shape.Experts];
        for (var e = 0; e < layer.Weights.Experts.W13.Shape[0]; e++)
        {
            _experts[layer.FirstExpert + e] = new(layer.Weights.Experts, layer.Spec.Quant.Weight, layer.Spec.Activation, e);
        }

        _shared = layer.Weights.SharedExperts is { } shared
            ? new(shared, SharedQuant(layer.Spec).Weight, SharedActivation(layer.Spec), 0)
            : null;
    }

    private static QuantSpec SharedQuant(MoeLayerSpec spec) => spec.Features.SharedExperts!.Quant ?? spec.Quant;

    private static ActivationSpec SharedActivation(MoeLayerSpec spec) =>
        spec.Features.SharedExperts!.Activation ?? spec.Activation;

    public double[] Apply(double[] token)
    {
        var output = new double[token.Length];
        foreach (var (id, weight) in Route(token))
        {
            if (id >= _experts.Length)
            {
                Add(output, token, weight);
            }
            else if (_experts[id] is { } expert)
            {
                var onInput = _spec.Features.RouterWeightOnInput;
                Add(output, expert.Apply(onInput ? token.Select(x => x * weight).ToArray() : token), onInput ? 1 : weight);
            }
        }

        if (_shared is not null)
        {
            Add(output, _shared.Apply(token), SharedFactor(token));
        }

        return output;
    }

    public static double[] All(TensorView tensor) =>
        Enumerable.Range(0, (int)tensor.Elements).Select(i => Numbers.At(tensor, i)).ToArray();

    private (int Id, double Weight)[] Route(double[] token)
    {
        var weights = _layer.Weights;
        var logits = new double[_spec.Shape.Experts + _spec.Routing.IdentityExperts];
        for (var e = 0; e < logits.Length; e++)
        {
            logits[e] = Dot(_gate, e, token) + (weights.GateBias.IsNone ? 0 : Numbers.At(weights.GateBias, e));
        }

        var bias = weights.CorrectionBias.IsNone ? null : All(weights.CorrectionBias);
        return ReferenceRouter.Route(_spec.Routing, logits, bias, _spec.Shape.TopK);
    }

    private double SharedFactor(double[] token) => _layer.Weights.SharedGate.IsNone
        ? 1
        : 1 / (1 + Math.Exp(-Dot(All(_layer.Weights.SharedGate), 0, token)));

    private static double Dot(double[] matrix, int row, double[] vector) =>
        vector.Select((v, i) => v * matrix[(row * vector.Length) + i]).Sum();

    private static void Add(double[] sum, double[] addend, double factor)
    {
        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] += factor * addend[i];
        }
    }
}
