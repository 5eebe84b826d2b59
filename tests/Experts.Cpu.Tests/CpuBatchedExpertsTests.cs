namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>The batched format, against the float64 experts fed one expert's rows at a time.</summary>
public sealed class CpuBatchedExpertsTests
{
    private const int Capacity = 5;

    private static readonly LayerCase Plain = new() { Shape = new(4, 1, 72, 40), Tokens = 4 * Capacity };

    private static readonly QuantSpec[] Quants =
    [
        QuantSpec.None, new(QuantKeys.Fp8StaticTensor, QuantKeys.Fp8DynamicToken),
        new(QuantKeys.Int8StaticChannel, QuantKeys.Int8StaticTensor), new(QuantKeys.Fp8StaticChannel,
        QuantKeys.Fp8DynamicGroup32),
    ];

    [TestCaseSource(nameof(Quants))]
    public void Apply_UnevenCounts_AgreesWithReferenceAndZeroesDeadRows(QuantSpec quant)
    {
        var c = Plain with { Features = new MoeLayerFeatures { Quant = quant } };
        int[] counts = [2, 0, 5, 1];
        using var call = new TestCall(c);
        for (var row = 0; row < call.Ids.Length; row++)
        {
            call.Ids[row] = row / Capacity;
            call.RouterWeights[row] = 1f;
        }

        using var reference = TestExperts.Reference(c);
        using var scratch = new HostTensors();
        var expected = call.Run(reference);
        PoisonDeadRows(call, counts, expected);
        using var experts = new CpuBatchedExpertsDescriptor(new DotKernels(InstructionSet.Auto))
            .Create(TestExperts.Context(c));
        var actual = Run(call, experts, scratch, counts);
        Assert.That(Closeness.RelativeError(actual, expected), Is.LessThan(Closeness.Tolerance(c)), c.ToString());
    }

    // Rows past a count hold NaN in the input and must be zero in the output.
    private static void PoisonDeadRows(TestCall call, int[] counts, float[] expected)
    {
        var hidden = call.Case.Shape.Hidden;
        for (var row = 0; row < call.Case.Tokens; row++)
        {
            if (row % Capacity >= counts[row / Capacity])
            {
                call.Values.AsSpan(row * hidden, hidden).Fill(float.NaN);
                expected.AsSpan(row * hidden, hidden).Clear();
            }
        }
    }

    private static float[] Run(TestCall call, IFusedExperts experts, HostTensors scratch, int[] counts)
    {
        var (c, experts3) = (call.Case, call.Case.Shape.Experts);
        var hidden = c.Shape.Hidden;
        var problem = new ExpertsProblem(0, experts3, experts3, c.Layer.GateUpSize, hidden, 1, Capacity, 1);
        var shapes = experts.WorkspaceShapes(problem);
        var shared = scratch.New(
            experts.WorkspaceDType, new(Math.Max(shapes.Workspace13.Elements, shapes.Output.Elements)));
        var (states, scales) = call.Input(scratch, c.Tokens);
        experts.Apply(
            new ExpertsCall
            {
                Output = shared.Reinterpret(experts.WorkspaceDType, shapes.Output),
                HiddenStates = states.Reshape(new(experts3, Capacity, hidden)),
                HiddenScales = scales.IsNone || scales.Shape[0] == 1
                    ? scales : scales.Reshape(new(experts3, Capacity, scales.Shape[1])),
                TopKIds = default,
                TopKWeights = default,
                Weights = experts.PrepareWeights(call.Weights, PreparedCall.HostStream),
                ExpertTokens = new ExpertTokens(scratch.Int32(new(counts.Length), counts), default),
                Workspace13 = shared.Reinterpret(experts.WorkspaceDType, shapes.Workspace13),
                Workspace2 = scratch.New(experts.WorkspaceDType, shapes.Workspace2),
                GlobalExperts = experts3,
            },
            PreparedCall.HostStream);
        return TensorBytes.Floats(shared.Reinterpret(experts.WorkspaceDType, shapes.Output));
    }
}
