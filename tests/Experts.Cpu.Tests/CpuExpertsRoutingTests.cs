namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>Ids that are not here, maps, live rows, bad numbers, weights on the input.</summary>
public sealed class CpuExpertsRoutingTests
{
    private static readonly LayerCase Plain = new() { Shape = new(6, 2, 72, 40), Tokens = 8 };

    [Test]
    public void Apply_IdsOutsideTheLayer_ContributeNothing(
        [Values(-1, -7, 6, 1_000_000, int.MinValue, int.MaxValue)] int id, [Values] bool reference)
    {
        using var call = new TestCall(Plain);
        using var experts = reference ? TestExperts.Reference(Plain) : TestExperts.Cpu(Plain);
        call.RouterWeights[1] = 0;
        var without = call.Run(experts);
        call.Ids[1] = id;
        call.RouterWeights[1] = float.NaN;
        call.Ids[2] = id;
        call.Ids[3] = id;
        var output = call.Run(experts);
        var hidden = Plain.Shape.Hidden;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(output[..hidden], Is.EqualTo(without[..hidden]), "token with one slot left");
            Assert.That(output[hidden..(2 * hidden)], Has.All.Zero, "token without experts");
            Assert.That(output[(2 * hidden)..], Is.EqualTo(without[(2 * hidden)..]), "other tokens");
        }
    }

    [Test]
    public void Apply_PermutedPartialMap_AgreesWithReference([Values(0, 1)] int seed)
    {
        var c = Plain with { ExpertMap = [2, -1, 0, -1, 1, -1], Seed = seed };
        using var call = new TestCall(c);
        using var fast = TestExperts.Cpu(c);
        using var reference = TestExperts.Reference(c);
        Assert.That(Closeness.RelativeError(call.Run(fast), call.Run(reference)), Is.LessThan(Closeness.Tolerance(c)));
    }

    [Test]
    public void Apply_MapWithoutLocalExperts_WritesZeros()
    {
        var c = Plain with { ExpertMap = [0, -1, -1, -1, -1, -1] };
        using var call = new TestCall(c);
        using var experts = TestExperts.Cpu(c);
        call.Ids.AsSpan().Fill(4);
        Assert.That(call.Run(experts), Has.All.Zero);
    }

    [Test]
    public void Apply_FewerValidTokens_LeavesOtherRowsAlone([Values(0, 1, 5, 8, 100)] int valid)
    {
        using var call = new TestCall(Plain);
        using var experts = TestExperts.Cpu(Plain);
        var whole = call.Run(experts);
        var live = Math.Min(valid, Plain.Tokens) * Plain.Shape.Hidden;
        call.ValidTokens = valid;
        call.Values.AsSpan(live).Fill(float.NaN);
        var output = call.Run(experts);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(output[..live], Is.EqualTo(whole[..live]), "live rows");
            Assert.That(output[live..].All(float.IsNaN), Is.True, "rows past the live ones keep the poison");
        }
    }

    [Test]
    public void Apply_OneRowOfNotANumber_TouchesOnlyThatRow(
        [Values(float.NaN, float.PositiveInfinity, float.NegativeInfinity)] float bad, [Values] bool quantized)
    {
        var c = quantized
            ? Plain with { Features = new() { Quant = new(QuantKeys.Fp8StaticChannel, QuantKeys.Fp8DynamicToken) } }
            : Plain;
        using var call = new TestCall(c);
        using var experts = TestExperts.Cpu(c);
        var clean = call.Run(experts);
        var hidden = c.Shape.Hidden;
        call.Values.AsSpan(3 * hidden, hidden).Fill(bad);
        var output = call.Run(experts);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(output[..(3 * hidden)], Is.EqualTo(clean[..(3 * hidden)]), "rows before");
            Assert.That(output[(4 * hidden)..], Is.EqualTo(clean[(4 * hidden)..]), "rows after");
            Assert.That(
                output[(3 * hidden)..(4 * hidden)], Is.Not.EqualTo(clean[(3 * hidden)..(4 * hidden)]), "the row");
        }
    }

    [Test]
    public void Apply_RouterWeightOnInput_CountsWeightsAsOne()
    {
        var c = Plain with { Shape = new(6, 1, 72, 40), Features = new() { RouterWeightOnInput = true } };
        using var call = new TestCall(c);
        using var experts = TestExperts.Cpu(c);
        call.RouterWeights.AsSpan().Fill(1f);
        var ones = call.Run(experts);
        call.RouterWeights.AsSpan().Fill(0.25f);
        call.RouterWeightOnInput = true;
        Assert.That(call.Run(experts), Is.EqualTo(ones));
    }

    [Test]
    public void Apply_AnyCall_LeavesInputUnmodified()
    {
        using var call = new TestCall(Plain);
        using var scratch = new HostTensors();
        using var experts = TestExperts.Cpu(Plain);
        var run = call.Prepare(experts, scratch, Plain.Tokens);
        var before = TensorBytes.Of(run.Call.HiddenStates).ToArray();
        experts.Apply(run.Call, run.Stream);
        Assert.That(TensorBytes.Of(run.Call.HiddenStates).ToArray(), Is.EqualTo(before));
    }

    [Test]
    public void Apply_TooSmallWorkspaceOrWrongInput_NamesTheTensor()
    {
        using var call = new TestCall(Plain);
        using var scratch = new HostTensors();
        using var experts = TestExperts.Cpu(Plain);
        var run = call.Prepare(experts, scratch, Plain.Tokens);
        var float32 = scratch.New(DType.Float32, new(Plain.Tokens, Plain.Shape.Hidden));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => experts.Apply(With(run.Call, run.Call.HiddenStates, float32.Slice(0, 0, 1)), run.Stream),
                Throws.ArgumentException.With.Message.StartsWith("workspace2 must have at least ")
                    .And.Message.Contains("ask WorkspaceShapes for the call's rows."));
            Assert.That(
                () => experts.Apply(With(run.Call, float32, run.Call.Workspace2), run.Stream),
                Throws.ArgumentException.With.Message.StartsWith(
                    "hidden states must be bf16 [8, 72] on cpu, got float32 [8, 72] on cpu."));
        }
    }

    [Test]
    public void WorkspaceShapes_MoreTokens_NeverShrink()
    {
        using var experts = TestExperts.Cpu(Plain);
        var previous = experts.WorkspaceShapes(new ExpertsProblem(1, 6, 6, 80, 72, 2, 0, 1));
        for (var tokens = 2; tokens < 200; tokens++)
        {
            var shapes = experts.WorkspaceShapes(new ExpertsProblem(tokens, 6, 6, 80, 72, 2, 0, 1));
            Assert.That(
                shapes.Workspace2.Elements, Is.GreaterThanOrEqualTo(previous.Workspace2.Elements), $"{tokens} tokens");
            Assert.That(shapes.Output, Is.EqualTo(new TensorShape(tokens, 72)));
            previous = shapes;
        }
    }

    private static ExpertsCall With(ExpertsCall call, TensorView hidden, TensorView workspace2) => new()
    {
        Output = call.Output,
        HiddenStates = hidden,
        TopKWeights = call.TopKWeights,
        TopKIds = call.TopKIds,
        Weights = call.Weights,
        Workspace13 = call.Workspace13,
        Workspace2 = workspace2,
        GlobalExperts = call.GlobalExperts,
    };
}
