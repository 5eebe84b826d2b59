using System.Collections.Concurrent;

namespace FusedMoe.Conformance;

/// <summary>
/// The whole layer in float64, written for reading: for every (token, slot) pair whose expert is here, both products
/// with the activation between, then the router weight, then the sum over slots. The only roundings made are those that
/// tolerances could not absorb: quantization of both products' inputs. Independent of every plugin.
/// </summary>
internal static class ReferenceLayer
{
    /// <summary>
    /// The output <c>[M, K]</c>; experts for which <paramref name="isLocal"/> is false contribute nothing.
    /// </summary>
    public static double[] Run(
        MoeLayerSpec layer, LayerWeights weights, LayerInputs inputs, Func<int, bool>? isLocal = null)
    {
        var pairs = Pairs(weights.W13.Experts, inputs, isLocal);
        var hidden = FirstInput(layer, weights, inputs);
        var intermediate = FirstProducts(layer, weights, (hidden, inputs.Slots), pairs);
        QuantizeIntermediate(layer, weights, intermediate);
        var output = SecondProducts(layer, weights, inputs, pairs, intermediate);
        if (layer.Features.SharedExperts is not null)
        {
            AddSharedExperts(layer, weights, inputs, output);
        }

        AddIdentityExperts(layer, inputs, output);
        return output;
    }

    /// <summary>Router logits <c>[M, G]</c>: hidden states times the gate, plus its bias.</summary>
    public static HostTensor ProjectLogits(MoeLayerSpec layer, LayerWeights weights, HostTensor hidden)
    {
        var (rows, k) = (hidden.ToFloats(), layer.Shape.Hidden);
        var (gate, bias) = (weights.Gate.ToFloats(), weights.GateBias?.ToFloats());
        var logits = Enumerable.Range(0, (int)hidden.Shape[0])
            .SelectMany(m => Product(gate, Widen(rows.AsSpan(m * k, k)), bias))
            .Select(l => (float)l)
            .ToArray();
        var shape = new TensorShape(hidden.Shape[0], ReferenceRouter.Experts(layer));
        return HostTensor.FromFloats(layer.Features.RouterLogitsDType, shape, logits);
    }

    /// <summary>Flat (token, slot) indices by expert.</summary>
    private static ILookup<int, int> Pairs(int experts, LayerInputs inputs, Func<int, bool>? isLocal) =>
        Enumerable.Range(0, inputs.Ids.Length)
            .Where(p => inputs.Ids[p] >= 0 && inputs.Ids[p] < experts)
            .Where(p => isLocal?.Invoke(inputs.Ids[p]) ?? true)
            .ToLookup(p => inputs.Ids[p]);

    private static float[] FirstInput(MoeLayerSpec layer, LayerWeights weights, LayerInputs inputs)
    {
        var hidden = inputs.Hidden.ToFloats();
        if (layer.Features.RouterWeightOnInput)
        {
            for (var i = 0; i < hidden.Length; i++)
            {
                hidden[i] = NumberCodec.Round(
                    layer.ActivationDType, hidden[i] * inputs.Weights[i / layer.Shape.Hidden]);
            }
        }

        return layer.Quant.Activation is { } key
            ? ReferenceQuantizer.Quantize(
                hidden, inputs.Tokens, layer.Shape.Hidden, key, weights.A13Scale?.ToFloats()).Values
            : hidden;
    }

    private static SortedDictionary<int, double[]> FirstProducts(
        MoeLayerSpec layer, LayerWeights weights, (float[] Rows, int Slots) hidden, ILookup<int, int> pairs)
    {
        var (k, n) = (layer.Shape.Hidden, layer.GateUpSize);
        var biases = weights.W13Bias?.ToFloats();
        return EachPair(pairs, weights.W13, (matrix, expert, pair) =>
        {
            var bias = biases is null ? default : biases.AsSpan(expert * n, n);
            var row = Product(matrix, Widen(hidden.Rows.AsSpan(pair / hidden.Slots * k, k)), bias);
            return ReferenceActivation.Apply(layer.Activation, row);
        });
    }

    /// <summary>A row for every pair, experts side by side.</summary>
    private static SortedDictionary<int, double[]> EachPair(
        ILookup<int, int> pairs, QuantizedWeight weight, Func<float[], int, int, double[]> row)
    {
        var rows = new ConcurrentDictionary<int, double[]>();
        Parallel.ForEach(pairs, expert =>
        {
            var matrix = weight.Decode(expert.Key);
            foreach (var pair in expert)
            {
                rows[pair] = row(matrix, expert.Key, pair);
            }
        });
        return new SortedDictionary<int, double[]>(rows);
    }

    /// <summary>
    /// Quantizes all pairs' rows together, in pair order, so that per-tensor scales see the whole call.
    /// </summary>
    private static void QuantizeIntermediate(
        MoeLayerSpec layer, LayerWeights weights, SortedDictionary<int, double[]> intermediate)
    {
        if (layer.Quant.Activation is not { } key || intermediate.Count == 0)
        {
            return;
        }

        var width = layer.Shape.Intermediate;
        var order = intermediate.Keys.ToArray();
        var rows = order.SelectMany(p => intermediate[p])
            .Select(v => NumberCodec.Round(layer.ActivationDType, (float)v))
            .ToArray();
        var values = ReferenceQuantizer.Quantize(rows, order.Length, width, key, weights.A2Scale?.ToFloats()).Values;
        for (var i = 0; i < order.Length; i++)
        {
            intermediate[order[i]] = Widen(values.AsSpan(i * width, width));
        }
    }

    private static double[] SecondProducts(
        MoeLayerSpec layer,
        LayerWeights weights,
        LayerInputs inputs,
        ILookup<int, int> pairs,
        SortedDictionary<int, double[]> intermediate)
    {
        var k = layer.Shape.Hidden;
        var biases = weights.W2Bias?.ToFloats();
        var rows = EachPair(pairs, weights.W2, (matrix, expert, pair) =>
            Product(matrix, intermediate[pair], biases is null ? default : biases.AsSpan(expert * k, k)));
        var output = new double[inputs.Tokens * k];
        foreach (var (pair, row) in rows)
        {
            var factor = layer.Features.RouterWeightOnInput ? 1 : (double)inputs.Weights[pair];
            var start = pair / inputs.Slots * k;
            for (var i = 0; i < k; i++)
            {
                output[start + i] += factor * row[i];
            }
        }

        return output;
    }

    private static void AddIdentityExperts(MoeLayerSpec layer, LayerInputs inputs, double[] output)
    {
        var (k, first) = (layer.Shape.Hidden, layer.Shape.Experts);
        var hidden = inputs.Hidden.ToFloats();
        foreach (var pair in Enumerable.Range(0, inputs.Ids.Length)
            .Where(p => inputs.Ids[p] >= first && inputs.Ids[p] < ReferenceRouter.Experts(layer)))
        {
            var start = pair / inputs.Slots * k;
            for (var i = start; i < start + k; i++)
            {
                output[i] += (double)inputs.Weights[pair] * hidden[i];
            }
        }
    }

    private static void AddSharedExperts(MoeLayerSpec layer, LayerWeights weights, LayerInputs inputs, double[] output)
    {
        var k = layer.Shape.Hidden;
        var activation = layer.Features.SharedExperts!.Activation ?? layer.Activation;
        var hidden = inputs.Hidden.ToFloats();
        var (w13, w2, gate) = (
            weights.SharedW13!.Decode(0), weights.SharedW2!.Decode(0), weights.SharedGate?.ToFloats());
        for (var m = 0; m < inputs.Tokens; m++)
        {
            var x = Widen(hidden.AsSpan(m * k, k));
            var row = Product(w2, ReferenceActivation.Apply(activation, Product(w13, x, default)), default);
            var factor = gate is null ? 1 : 1 / (1 + Math.Exp(-Product(gate, x, default)[0]));
            for (var i = 0; i < k; i++)
            {
                output[(m * k) + i] += factor * row[i];
            }
        }
    }

    private static double[] Widen(ReadOnlySpan<float> values)
    {
        var wide = new double[values.Length];
        for (var i = 0; i < wide.Length; i++)
        {
            wide[i] = values[i];
        }

        return wide;
    }

    /// <summary><c>matrix · x + bias</c> for a row-major matrix of as many columns as x has elements.</summary>
    private static double[] Product(float[] matrix, double[] x, ReadOnlySpan<float> bias)
    {
        var result = new double[matrix.Length / x.Length];
        for (var r = 0; r < result.Length; r++)
        {
            var row = matrix.AsSpan(r * x.Length, x.Length);
            var sum = bias.IsEmpty ? 0 : (double)bias[r];
            for (var c = 0; c < row.Length; c++)
            {
                sum += row[c] * x[c];
            }

            result[r] = sum;
        }

        return result;
    }
}
