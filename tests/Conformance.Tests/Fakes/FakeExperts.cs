namespace FusedMoe.Conformance.Tests;

/// <summary>Row after row, slot after slot; workspace2 holds one activation row a pair.</summary>
internal sealed class FakeExperts(FakeExpertsDescriptor descriptor, StageContext context, Fault fault) : IFusedExperts
{
    private readonly MoeLayerSpec _layer = context.Layer;
    private readonly ExpertsCallRules _rules = new(
        context, descriptor, WeightAndReduceSpec.NoOp, context.Layer.ActivationDType);

    private int _calls;

    public IFusedExpertsDescriptor Descriptor => descriptor;

    public WeightAndReduceSpec WeightAndReduce => WeightAndReduceSpec.NoOp;

    public DType WorkspaceDType => _layer.ActivationDType;

    public IPreparedWeights PrepareWeights(ExpertWeights source, IComputeStream stream)
    {
        var (n, k, i) = (_layer.GateUpSize, _layer.Shape.Hidden, _layer.Shape.Intermediate);
        if (fault != Fault.TakesAnyDevice)
        {
            source.RequireOn(context.Device.Traits.Id);
        }

        Require("w13", source.W13, new TensorShape(context.LocalExperts, n, k));
        Require("w2", source.W2, new TensorShape(context.LocalExperts, k, i));
        if (_layer.Features.HasExpertBias && fault != Fault.TakesAnyBias)
        {
            Require("w13 bias", source.W13Bias, new TensorShape(context.LocalExperts, n));
            Require("w2 bias", source.W2Bias, new TensorShape(context.LocalExperts, k));
        }

        return new FakePreparedWeights(source);
    }

    public WorkspaceShapes WorkspaceShapes(in ExpertsProblem problem)
    {
        var rows = fault == Fault.ShrinksItsWorkspace && problem.Tokens > 100 ? 50 : problem.Tokens;
        return new WorkspaceShapes(
            default,
            new TensorShape(rows, problem.TopK, _layer.Shape.Intermediate),
            new TensorShape(problem.Tokens, problem.Hidden));
    }

    public ExpertsResult Apply(in ExpertsCall call, IComputeStream stream)
    {
        if (fault != Fault.TakesAnyCall)
        {
            _rules.Check(call, WorkspaceShapes(_rules.Problem(call.HiddenStates)));
        }

        _calls++;
        var rows = call.ValidTokens.IsNone ? (int)call.HiddenStates.Shape[0] : FakeNumbers.LoadInt(call.ValidTokens, 0);
        Misbehave(call, rows);
        for (var m = 0; m < rows; m++)
        {
            Row(call, m, rows);
        }

        return ExpertsResult.Finished;
    }

    public void Dispose()
    {
    }

    private void Require(string name, TensorView tensor, TensorShape shape)
    {
        var isBias = shape.Rank == 2 && tensor.DType == DType.Float32;
        if ((tensor.DType != _layer.WeightDType && !isBias) || tensor.Shape != shape)
        {
            var wanted = fault == Fault.ForgetsWhatIsWanted ? "the layer's" : $"{_layer.WeightDType.Name()} {shape}";
            throw fault == Fault.ThrowsAnotherError
                ? new InvalidOperationException($"{name} must be {wanted}, got {tensor}.")
                : new ArgumentException($"{name} must be {wanted}, got {tensor}.");
        }
    }

    private void Misbehave(in ExpertsCall call, int rows)
    {
        if (fault == Fault.Allocates)
        {
            GC.KeepAlive(new object());
        }

        if (fault == Fault.WritesItsInput && rows > 0)
        {
            FakeNumbers.Store(call.HiddenStates, 0, 1f);
        }

        if (fault == Fault.ExceedsItsWorkspace)
        {
            FakeNumbers.Store(call.Workspace2, call.Workspace2.Elements, 1f);
        }
    }

    private void Row(in ExpertsCall call, int m, int rows)
    {
        var (topK, hidden) = (_layer.Shape.TopK, _layer.Shape.Hidden);
        Span<float> sum = stackalloc float[hidden];
        sum.Clear();
        var any = false;
        for (var j = 0; j < topK; j++)
        {
            if (Local(call, (m * topK) + j) is var expert and >= 0)
            {
                any = true;
                Slot(call, m, j, expert, sum);
            }
        }

        if (fault == Fault.LeavesRowsUnwritten && !any)
        {
            return;
        }

        for (var i = 0; i < hidden; i++)
        {
            FakeNumbers.Store(call.Output, ((long)m * hidden) + i, sum[i] + Noise(call, rows, i));
        }
    }

    private float Noise(in ExpertsCall call, int rows, int column) => fault switch
    {
        Fault.IsNotRepeatable when column == 0 => _calls * 1e-2f,
        Fault.DependsOnTheBatch when column == 0 => rows * 1e-3f,
        Fault.LeaksBadRows => 0 * FakeNumbers.Load(call.HiddenStates, (3L * _layer.Shape.Hidden) + column),
        Fault.WrongConfiguration when call.Configuration == "slower" => 1f,
        Fault.WrongFloat16 when _layer.ActivationDType == DType.Float16 => 1f,
        _ => 0,
    };

    private int Local(in ExpertsCall call, int pair)
    {
        var id = FakeNumbers.LoadInt(call.TopKIds, pair);
        if ((uint)id >= (uint)call.GlobalExperts)
        {
            return fault == Fault.TrustsIds ? 0 : -1;
        }

        return call.ExpertMap.IsNone ? id
            : fault == Fault.IgnoresTheMap ? id % context.LocalExperts
            : FakeNumbers.LoadInt(call.ExpertMap, id);
    }

    private void Slot(in ExpertsCall call, int m, int j, int expert, Span<float> sum)
    {
        var (topK, hidden, inner) = (_layer.Shape.TopK, _layer.Shape.Hidden, _layer.Shape.Intermediate);
        var weights = call.Weights.Weights;
        var pair = ((long)m * topK) + j;
        var limit = fault == Fault.IgnoresTheLimit
            ? float.PositiveInfinity
            : _layer.Activation.Limit ?? float.PositiveInfinity;
        for (var i = 0; i < inner; i++)
        {
            var gate = Math.Min(First(call, m, expert, i), limit);
            var up = Math.Clamp(First(call, m, expert, inner + i), -limit, limit);
            FakeNumbers.Store(call.Workspace2, (pair * inner) + i, gate / (1 + MathF.Exp(-gate)) * up);
        }

        var factor = call.RouterWeightOnInput && fault != Fault.WeightsOnInputToo ? 1 : FakeNumbers.Load(
            call.TopKWeights, pair);
        factor *= fault == Fault.WeightsTwice ? FakeNumbers.Load(call.TopKWeights, pair) : 1;
        for (var o = 0; o < hidden; o++)
        {
            var row = ((long)expert * hidden) + o;
            var value = weights.W2Bias.IsNone ? 0 : FakeNumbers.Load(weights.W2Bias, row);
            for (var i = 0; i < inner; i++)
            {
                value += FakeNumbers.Load(weights.W2, (row * inner) + i) * FakeNumbers.Load(
                    call.Workspace2, (pair * inner) + i);
            }

            sum[o] += factor * value;
        }
    }

    private float First(in ExpertsCall call, int m, int expert, int column)
    {
        var hidden = _layer.Shape.Hidden;
        var row = ((long)expert * _layer.GateUpSize) + column;
        var bias = call.Weights.Weights.W13Bias;
        var value = bias.IsNone || fault == Fault.IgnoresTheBias ? 0 : FakeNumbers.Load(bias, row);
        for (var i = 0; i < hidden; i++)
        {
            value += FakeNumbers.Load(call.Weights.Weights.W13, (row * hidden) + i)
                * FakeNumbers.Load(call.HiddenStates, ((long)m * hidden) + i);
        }

        return value;
    }
}
