namespace FusedMoe.SamplePlugin;

/// <summary>
/// Modular experts in three loops. Each token's row is decoded to float32, every local expert it was sent to adds its
/// weighted output in slot order, and the sum is rounded once. Nothing is allocated: the three float32 rows it needs
/// are workspace2.
/// </summary>
internal sealed class SampleExperts(IFusedExpertsDescriptor descriptor, StageContext context) : IFusedExperts
{
    private readonly MoeLayerSpec _layer = context.Layer;
    private readonly ExpertsCallRules _rules = new(
        context, descriptor, WeightAndReduceSpec.NoOp, context.Layer.ActivationDType);

    private readonly int _hidden = context.Layer.Shape.Hidden;
    private readonly int _inner = context.Layer.Shape.Intermediate;

    public IFusedExpertsDescriptor Descriptor => descriptor;

    public WeightAndReduceSpec WeightAndReduce => WeightAndReduceSpec.NoOp;

    public DType WorkspaceDType => _layer.ActivationDType;

    private int ScratchFloats => (2 * _hidden) + _inner;

    public IPreparedWeights PrepareWeights(ExpertWeights source, IComputeStream stream)
    {
        source.RequireOn(context.Device.Traits.Id);
        Require("w13", source.W13, _layer.GateUpSize, _hidden);
        Require("w2", source.W2, _hidden, _inner);
        return new SampleWeights(source);
    }

    public WorkspaceShapes WorkspaceShapes(in ExpertsProblem problem) => new(
        default,
        new TensorShape((long)ScratchFloats * 32 / WorkspaceDType.Bits()),
        new TensorShape(problem.Tokens, _hidden));

    public ExpertsResult Apply(in ExpertsCall call, IComputeStream stream)
    {
        _rules.Check(call, WorkspaceShapes(_rules.Problem(call.HiddenStates)));
        var scratch = call.Workspace2.Reinterpret(DType.Float32, new TensorShape(ScratchFloats)).AsSpan<float>();
        var x = scratch[.._hidden];
        var sum = scratch.Slice(_hidden, _hidden);
        var inner = scratch[(2 * _hidden)..];
        var rows = call.ValidTokens.IsNone
            ? call.HiddenStates.Shape[0]
            : Math.Min(call.ValidTokens.AsSpan<int>()[0], call.HiddenStates.Shape[0]);
        for (var m = 0; m < rows; m++)
        {
            Numbers.Decode(call.HiddenStates, (long)m * _hidden, x);
            sum.Clear();
            AddExperts(call, m, x, inner, sum);
            Numbers.Encode(sum, call.Output, (long)m * _hidden);
        }

        return ExpertsResult.Finished;
    }

    public void Dispose()
    {
    }

    private void AddExperts(in ExpertsCall call, int token, ReadOnlySpan<float> x, Span<float> inner, Span<float> sum)
    {
        var k = (int)call.TopKIds.Shape[1];
        for (var pair = token * k; pair < (token + 1) * k; pair++)
        {
            var expert = LocalExpert(call, call.TopKIds.AsSpan<int>()[pair]);
            if (expert >= 0)
            {
                AddExpert(call.Weights.Weights, expert, Weight(call, pair), x, inner, sum);
            }
        }
    }

    private static float Weight(in ExpertsCall call, int pair)
    {
#if FORGETS_ROUTER_WEIGHT
        return 1;
#else
        return call.RouterWeightOnInput ? 1 : call.TopKWeights.AsSpan<float>()[pair];
#endif
    }

    // Ids outside the layer and experts of other ranks contribute nothing and are never an index.
    private static int LocalExpert(in ExpertsCall call, int id)
    {
        if ((uint)id >= (uint)call.GlobalExperts)
        {
            return -1;
        }

        return call.ExpertMap.IsNone ? id : call.ExpertMap.AsSpan<int>()[id];
    }

    private void AddExpert(
        ExpertWeights weights, int expert, float weight, ReadOnlySpan<float> x, Span<float> inner, Span<float> sum)
    {
        var w13 = (long)expert * _layer.GateUpSize * _hidden;
        for (var i = 0; i < _inner; i++)
        {
            var gate = Numbers.Dot(weights.W13, w13 + ((long)i * _hidden), x);
            var up = Numbers.Dot(weights.W13, w13 + ((long)(_inner + i) * _hidden), x);
            inner[i] = Numbers.Round(gate / (1 + MathF.Exp(-gate)) * up, _layer.ActivationDType);
        }

        var w2 = (long)expert * _hidden * _inner;
        for (var n = 0; n < _hidden; n++)
        {
            sum[n] += weight * Numbers.Dot(weights.W2, w2 + ((long)n * _inner), inner);
        }
    }

    private void Require(string name, TensorView tensor, int rows, int columns)
    {
        var shape = new TensorShape(context.LocalExperts, rows, columns);
        if (tensor.DType != _layer.WeightDType || tensor.Shape != shape)
        {
            throw new ArgumentException(
                $"{name} must be {_layer.WeightDType.Name()} {shape}, got {tensor}; load this layer's weights.");
        }
    }
}
