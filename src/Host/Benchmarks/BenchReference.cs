using FusedMoe.Conformance;
using FusedMoe.Host.Layers;

namespace FusedMoe.Host.Benchmarks;

/// <summary>
/// Sampled rows of a measurement in float64, with nothing rounded between. The experts' products are computed from the
/// block that the weights were taken from, independent of every backend.
/// </summary>
internal sealed class BenchReference(NamedShape shape, BenchData data)
{
    /// <summary>The largest error of a right result: bf16 rounding of inputs, intermediate and output gives 0.003.</summary>
    public const double ErrorLimit = 0.02;

    private const int MostSamples = 3;

    /// <summary>Up to three rows of a call.</summary>
    public BenchRows Rows(TokenRouting routing) =>
        new([.. SampledRows(routing).Select(row => (row, Row(routing, row)))]);

    /// <summary>Rows across the call that reach an expert of this rank; the first row where none does.</summary>
    private int[] SampledRows(TokenRouting routing)
    {
        var topK = shape.Layer.Shape.TopK;
        var rows = Enumerable.Range(0, routing.Ids.Length / topK)
            .Where(row => routing.Ids.AsSpan(row * topK, topK).ContainsAnyInRange(0, shape.LocalExperts - 1))
            .ToArray();
        return rows.Length == 0
            ? [0]
            : Enumerable.Range(0, MostSamples)
                .Select(i => rows[i * (rows.Length - 1) / (MostSamples - 1)])
                .Distinct()
                .ToArray();
    }

    /// <summary>One row of the layer's output.</summary>
    private float[] Row(TokenRouting routing, int row)
    {
        var layer = shape.Layer;
        var (_, topK, width, _) = layer.Shape;
        var hidden = data.HiddenRow(routing.Ids.Length / topK, row, width);
        var output = new double[width];
        for (var slot = row * topK; slot < (row + 1) * topK; slot++)
        {
            var expert = routing.Ids[slot];
            if (expert >= shape.LocalExperts)
            {
                continue;
            }

            var first = Product(SyntheticTensor.W13(layer), SyntheticTensor.W13Bias(layer), expert, hidden);
            var activated = ReferenceActivation.Apply(layer.Activation, first);
            var second = Product(SyntheticTensor.W2(layer), SyntheticTensor.W2Bias(layer), expert, activated);
            for (var i = 0; i < width; i++)
            {
                output[i] += routing.Weights[slot] * second[i];
            }
        }

        return Array.ConvertAll(output, v => (float)v);
    }

    private double[] Product(SyntheticTensor matrix, SyntheticTensor bias, int expert, double[] input)
    {
        var result = new double[matrix.Rows];
        var hasBias = shape.Layer.Features.HasExpertBias;
        Parallel.For(0, matrix.Rows, n =>
        {
            var added = hasBias ? BFloat16Product.ToDouble(data.Weights.Row(bias, expert, 0)[n]) : 0;
            result[n] = added + BFloat16Product.Of(data.Weights.Row(matrix, expert, n), input);
        });
        return result;
    }
}
