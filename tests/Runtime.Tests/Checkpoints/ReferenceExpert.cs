namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>One expert's weights, dequantized to float64, and its formula.</summary>
internal sealed class ReferenceExpert
{
    private readonly double[,] _w13;
    private readonly double[,] _w2;
    private readonly double[]? _bias13;
    private readonly double[]? _bias2;
    private readonly ActivationSpec _activation;

    public ReferenceExpert(ExpertWeights weights, QuantKey? quant, ActivationSpec activation, int expert)
    {
        _activation = activation;
        _w13 = Matrix(weights.W13, weights.W13Scale, quant, expert);
        _w2 = Matrix(weights.W2, weights.W2Scale, quant, expert);
        _bias13 = Row(weights.W13Bias, expert);
        _bias2 = Row(weights.W2Bias, expert);
    }

    public double[] Apply(double[] token) => Times(_w2, Activate(Times(_w13, token, _bias13)), _bias2);

    public static double[,] Matrix(TensorView weight, TensorView scale, QuantKey? quant, int expert)
    {
        var (rows, columns) = ((int)weight.Shape[1], (int)weight.Shape[2]);
        var matrix = new double[rows, columns];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
            {
                var factor = quant is null ? 1 : Numbers.At(scale, ScaleIndex(scale, quant.Scale.Group, expert, r, c));
                matrix[r, c] = factor * Numbers.At(weight, (((long)expert * rows) + r) * columns + c);
            }
        }

        return matrix;
    }

    private static long ScaleIndex(TensorView scale, GroupShape group, int expert, int row, int column)
    {
        if (group == GroupShape.PerChannel)
        {
            return (expert * scale.Shape[1]) + row;
        }

        return (((expert * scale.Shape[1]) + (row / group.Rows)) * scale.Shape[2]) + (column / group.Columns);
    }

    private static double[]? Row(TensorView bias, int expert) =>
        bias.IsNone ? null : ReferenceLayer.All(bias.Slice(0, expert, 1).Reshape(new(bias.Shape[1])));

    private static double[] Times(double[,] matrix, double[] vector, double[]? bias)
    {
        Assert.That(matrix.GetLength(1), Is.EqualTo(vector.Length));
        var result = new double[matrix.GetLength(0)];
        for (var r = 0; r < result.Length; r++)
        {
            var sum = bias?[r] ?? 0;
            for (var c = 0; c < vector.Length; c++)
            {
                sum += matrix[r, c] * vector[c];
            }

            result[r] = sum;
        }

        return result;
    }

    private double[] Activate(double[] x)
    {
        var half = x.Length / 2;
        return _activation.Kind switch
        {
            ActivationKind.Silu => Enumerable.Range(0, half).Select(i => Swiglu(x[i], x[half + i])).ToArray(),
            ActivationKind.SwigluStep => Enumerable.Range(0, half).Select(i => SwigluStep(x[i], x[half + i])).ToArray(),
            ActivationKind.SwigluOaiUninterleave =>
                Enumerable.Range(0, half).Select(i => SwigluOai(x[i], x[half + i])).ToArray(),
            ActivationKind.SwigluOai => Enumerable.Range(0, half).Select(i => SwigluOai(x[2 * i], x[(2 * i) + 1])).ToArray(),
            ActivationKind.Relu2NoMul => x.Select(v => v > 0 ? v * v : 0).ToArray(),
            _ => throw new ArgumentException($"{_activation}"),
        };
    }

    private double SwigluStep(double gate, double up)
    {
        var limit = (double)_activation.Limit!;
        return Math.Min(gate / (1 + Math.Exp(-gate)), limit) * Math.Clamp(up, -limit, limit);
    }

    private double SwigluOai(double gate, double up)
    {
        var limit = (double)_activation.Limit!;
        var g = Math.Min(gate, limit);
        return (Math.Clamp(up, -limit, limit) + _activation.Beta) * g / (1 + Math.Exp(-_activation.Alpha * g));
    }

    private double Swiglu(double gate, double up) => _activation.Limit is { } limit
        ? Silu(Math.Min(gate, limit)) * Math.Clamp(up, -limit, limit)
        : Silu(gate) * up;

    private static double Silu(double x) => x / (1 + Math.Exp(-x));
}
