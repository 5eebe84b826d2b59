namespace FusedMoe.Experts.Cpu.Reference;

/// <summary>
/// The experts in float64, one scalar step after another: the text that the fast backends are compared with. The output
/// is float32 <c>[M, k, K]</c>, unweighted; slots without a local expert are zero.
/// </summary>
internal sealed unsafe class ReferenceExperts(IFusedExpertsDescriptor descriptor, StageContext context) : IFusedExperts
{
    private const int FloatsPerDouble = 2;

    private readonly MoeLayerSpec _layer = context.Layer;
    private readonly WeightsCheck _check = new(context.Layer, context.LocalExperts);
    private readonly ExpertsCallRules _rules = new(
        context, descriptor, WeightAndReduceSpec.Contiguous, DType.Float32);
    private readonly double[] _row = new double[Math.Max(context.Layer.Shape.Hidden, context.Layer.Shape.Intermediate)];

    /// <inheritdoc/>
    public IFusedExpertsDescriptor Descriptor => descriptor;

    /// <inheritdoc/>
    public DType WorkspaceDType => DType.Float32;

    /// <inheritdoc/>
    public WeightAndReduceSpec WeightAndReduce => WeightAndReduceSpec.Contiguous;

    /// <inheritdoc/>
    public IPreparedWeights PrepareWeights(ExpertWeights source, IComputeStream stream) => _check.Prepare(source);

    /// <inheritdoc/>
    public WorkspaceShapes WorkspaceShapes(in ExpertsProblem problem)
    {
        var pairs = (long)problem.Tokens * problem.TopK;
        var doubles = (problem.Tokens * (long)_layer.Shape.Hidden)
            + (pairs * (ProductWidth + _layer.Shape.Intermediate));
        return new(new(0), new(FloatsPerDouble * doubles), new(problem.Tokens, problem.TopK, _layer.Shape.Hidden));
    }

    /// <inheritdoc/>
    public ExpertsResult Apply(in ExpertsCall call, IComputeStream stream)
    {
        _rules.Check(call, WorkspaceShapes(_rules.Problem(call.HiddenStates)));
        var (hidden, intermediate) = (_layer.Shape.Hidden, _layer.Shape.Intermediate);
        var topK = (int)call.TopKIds.Shape[1];
        var tokens = LiveRows.Of(call.ValidTokens, (int)call.HiddenStates.Shape[0]);
        var scratch = (double*)call.Workspace2.Pointer;
        var input = new Span<double>(scratch, checked(tokens * hidden));
        var middle = new Span<double>(scratch + input.Length, checked(tokens * topK * intermediate));
        var product = new Span<double>(scratch + input.Length + middle.Length, checked(tokens * topK * ProductWidth));
        var routes = new PairRoutes(call.TopKIds.Pointer, call.ExpertMap, call.GlobalExperts, context.LocalExperts);
        var weights = call.Weights.Weights;

        ReadInput(call, input);
        Multiply(
            ReferenceMatrix.First(weights, _layer.Quant.Weight), routes, input, hidden, topK, product,
            _layer.GateUpSize);
        Activate(product, middle);
        Multiply(
            ReferenceMatrix.Second(weights, _layer.Quant.Weight), routes, middle, intermediate, 1, product, hidden);
        WriteOutput(routes, product, new Span<float>((float*)call.Output.Pointer, tokens * topK * hidden));
        return ExpertsResult.Finished;

        void Activate(Span<double> from, Span<double> to)
        {
            for (var pair = 0; pair < tokens * topK; pair++)
            {
                var product = from.Slice(pair * _layer.GateUpSize, _layer.GateUpSize);
                ActivateRow(product, to.Slice(pair * intermediate, intermediate));
            }

            if (_layer.Quant.Activation is { } key)
            {
                ReferenceQuantizer.RoundTrip(to, intermediate, key, LiveRows.StaticScale(weights.A2Scale));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private int ProductWidth => Math.Max(_layer.GateUpSize, _layer.Shape.Hidden);

    private void ReadInput(in ExpertsCall call, Span<double> input)
    {
        var (states, scales, hidden) = (call.HiddenStates, call.HiddenScales, _layer.Shape.Hidden);
        var key = _layer.Quant.Activation;
        var second = key?.SecondScale is null ? 1 : LiveRows.StaticScale(call.Weights.Weights.A13Scale);
        for (var i = 0; i < input.Length; i++)
        {
            var (row, column) = (i / hidden, i % hidden);
            input[i] = ReferenceNumbers.Read(states.Pointer, states.DType, (row * states.Strides[0]) + column);
            if (!scales.IsNone)
            {
                var group = scales.Shape[1] == 1 ? hidden : key!.Scale.Group.Columns;
                var index = ((scales.Shape[0] == 1 ? 0 : row) * scales.Shape[1]) + (column / group);
                input[i] *= ReferenceNumbers.Read(scales.Pointer, scales.DType, index) * second;
            }
        }
    }

    // product[pair, n] = x[pair / share] · w[expert of the pair, n] + bias; rows of pairs that are not local are zero.
    private void Multiply(
        ReferenceMatrix matrix, PairRoutes routes, Span<double> x, int columns, int share, Span<double> product,
        int width)
    {
        var pairs = x.Length / columns * share;
        product.Clear();
        for (var expert = 0; expert < context.LocalExperts; expert++)
        {
            for (var n = 0; n < width && HasPair(routes, expert, pairs); n++)
            {
                var row = _row.AsSpan(0, columns);
                var bias = matrix.ReadRow(expert, n, row);
                for (var pair = 0; pair < pairs; pair++)
                {
                    if (routes.Local(pair) == expert)
                    {
                        product[(pair * width) + n] = bias + Dot(x.Slice(pair / share * columns, columns), row);
                    }
                }
            }
        }
    }

    private static bool HasPair(PairRoutes routes, int expert, int pairs)
    {
        for (var pair = 0; pair < pairs; pair++)
        {
            if (routes.Local(pair) == expert)
            {
                return true;
            }
        }

        return false;
    }

    private static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        for (var i = 0; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    private void ActivateRow(ReadOnlySpan<double> product, Span<double> result)
    {
        for (var i = 0; i < result.Length; i++)
        {
            var (g, u) = !_layer.Activation.IsGated ? (product[i], 0)
                : _layer.Activation.IsInterleaved ? (product[2 * i], product[(2 * i) + 1])
                : (product[i], product[result.Length + i]);
            var value = ReferenceActivation.Apply(_layer.Activation, g, u);
            result[i] = _layer.Quant.Activation is null ? ReferenceNumbers.Round(value, _layer.ActivationDType) : value;
        }
    }

    private void WriteOutput(PairRoutes routes, ReadOnlySpan<double> product, Span<float> output)
    {
        var hidden = _layer.Shape.Hidden;
        output.Clear();
        for (var i = 0; i < output.Length; i++)
        {
            output[i] = routes.Local(i / hidden) >= 0 ? (float)product[i] : 0f;
        }
    }
}
