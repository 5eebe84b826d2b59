namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>
/// A layer with random weights, input and routing; runs experts on it in poisoned, guarded workspaces.
/// </summary>
internal sealed class TestCall : IDisposable
{
    private const int GuardBytes = 256;
    private const byte Guard = 0xA5;

    private readonly HostTensors _tensors = new();

    public TestCall(LayerCase c)
    {
        Case = c;
        Weights = TestWeights.Create(_tensors, c);
        var random = new Random(c.Seed + 1);
        Values = new float[c.Tokens * c.Shape.Hidden];
        for (var i = 0; i < Values.Length; i++)
        {
            Values[i] = (random.NextSingle() - 0.5f) * 2;
        }

        Ids = new int[c.Tokens * c.Shape.TopK];
        for (var token = 0; token < c.Tokens; token++)
        {
            var order = Enumerable.Range(0, c.Shape.Experts).ToArray();
            random.Shuffle(order);
            order.AsSpan(0, c.Shape.TopK).CopyTo(Ids.AsSpan(token * c.Shape.TopK));
        }

        RouterWeights = new float[Ids.Length];
        for (var i = 0; i < Ids.Length; i++)
        {
            RouterWeights[i] = random.NextSingle();
        }
    }

    public LayerCase Case { get; }

    public ExpertWeights Weights { get; set; }

    public float[] Values { get; set; }

    public int[] Ids { get; set; }

    public float[] RouterWeights { get; set; }

    public int? ValidTokens { get; set; }

    public bool RouterWeightOnInput { get; set; }

    /// <summary>
    /// Output <c>[M, K]</c> of standard experts; of experts that leave the sum, after weighting and summing.
    /// </summary>
    public float[] Run(IFusedExperts experts, int tokens = -1)
    {
        tokens = tokens < 0 ? Case.Tokens : tokens;
        using var scratch = new HostTensors();
        var run = Prepare(experts, scratch, tokens);
        experts.Apply(run.Call, run.Stream);
        AssertGuards(run);
        var output = TensorBytes.Floats(run.Call.Output);
        return experts.WeightAndReduce.Kind == WeightAndReduceKind.NoOp ? output : Sum(output, tokens);
    }

    /// <summary>A call that can be applied more than once.</summary>
    public PreparedCall Prepare(IFusedExperts experts, HostTensors scratch, int tokens)
    {
        var (k, hidden) = (Case.Shape.TopK, Case.Shape.Hidden);
        var shapes = experts.WorkspaceShapes(new ExpertsProblem(
            tokens, Case.LocalExperts, Case.Shape.Experts, Case.Layer.GateUpSize, hidden, k, 0, 1));
        var shared = Guarded(
            scratch, experts.WorkspaceDType, Math.Max(shapes.Workspace13.Elements, shapes.Output.Elements));
        var second = Guarded(scratch, experts.WorkspaceDType, shapes.Workspace2.Elements);
        var (states, scales) = Input(scratch, tokens);
        var call = new ExpertsCall
        {
            Output = shared.Reinterpret(experts.WorkspaceDType, shapes.Output),
            HiddenStates = states,
            HiddenScales = scales,
            TopKIds = scratch.Int32(new(tokens, k), Ids.AsSpan(0, tokens * k)),
            TopKWeights = scratch.From(DType.Float32, new(tokens, k), i => RouterWeights[i]),
            Weights = experts.PrepareWeights(Weights, PreparedCall.HostStream),
            ExpertMap = Case.ExpertMap is { } map ? scratch.Int32(new(map.Length), map) : default,
            Workspace13 = shared.Reinterpret(experts.WorkspaceDType, shapes.Workspace13),
            Workspace2 = second,
            GlobalExperts = Case.Shape.Experts,
            RouterWeightOnInput = RouterWeightOnInput,
            ValidTokens = ValidTokens is { } valid ? scratch.Int32(new(1), [valid]) : default,
        };
        return new PreparedCall(call, shared, second);
    }

    public void AssertGuards(PreparedCall run)
    {
        foreach (var (name, view) in new[] { ("workspace13/output", run.Shared), ("workspace2", run.Second) })
        {
            unsafe
            {
                var guard = new Span<byte>((byte*)view.Pointer + view.Bytes, GuardBytes);
                Assert.That(
                    guard.IndexOfAnyExcept(Guard), Is.EqualTo(-1), $"{name} was written past its shape: {Case}");
            }
        }
    }

    public void Dispose() => _tensors.Dispose();

    private static TensorView Guarded(HostTensors scratch, DType dtype, long elements)
    {
        var bytes = dtype.BytesFor(elements);
        var memory = scratch.New(DType.UInt8, new(bytes + GuardBytes));
        TensorBytes.Of(memory)[(int)bytes..].Fill(Guard);
        return memory.Reinterpret(dtype, new(elements));
    }

    public (TensorView States, TensorView Scales) Input(HostTensors scratch, int tokens)
    {
        var values = Values.AsSpan(0, tokens * Case.Shape.Hidden).ToArray();
        return Case.Features.Quant.Activation is { } key
            ? QuantizedInput.Create(
                scratch, values, tokens, key, Weights.A13Scale.IsNone ? 1f : Weights.A13Scale.AsSpan<float>()[0])
            : (scratch.From(Case.Features.ActivationDType, new(tokens, Case.Shape.Hidden), i => values[i]), default);
    }

    private float[] Sum(float[] slots, int tokens)
    {
        var (k, hidden) = (Case.Shape.TopK, Case.Shape.Hidden);
        var output = new float[tokens * hidden];
        for (var i = 0; i < slots.Length; i++)
        {
            var pair = i / hidden;
            if ((uint)Ids[pair] >= Case.Shape.Experts)
            {
                continue;
            }

            output[(pair / k * hidden) + (i % hidden)] += slots[i] * (RouterWeightOnInput ? 1f : RouterWeights[pair]);
        }

        return output;
    }
}
