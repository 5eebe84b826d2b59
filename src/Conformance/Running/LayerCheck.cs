namespace FusedMoe.Conformance;

/// <summary>Runs a layer on its ranks and holds the joined output against the reference.</summary>
internal static class LayerCheck
{
    /// <summary>Runs once; gives the measured error.</summary>
    public static string Matches(CaseScope scope, LayerRun run)
    {
        var outputs = RankGroup.Run(scope, run, kernel => kernel.Run());
        var expected = run.Inputs is { } inputs
            ? ReferenceLayer.Run(run.Problem.Layer, Weights(scope, run), inputs)
            : scope.Context.Problems.Expected(run.Problem);
        return Close(run, outputs, expected);
    }

    /// <summary>Requires the ranks' outputs, joined, near <paramref name="expected"/>.</summary>
    public static string Close(LayerRun run, byte[][] outputs, double[] expected)
    {
        var layer = run.Problem.Layer;
        return OutputCheck.RequireClose(
            run.ToString(), Join(run, outputs), expected, layer.Shape.Hidden, Tolerances.Of(layer));
    }

    /// <summary>
    /// Rows of all ranks one after the other when tokens travel; the sum of partial outputs otherwise.
    /// </summary>
    public static float[] Join(LayerRun run, byte[][] outputs)
    {
        var layer = run.Problem.Layer;
        var floats = outputs.Select(o => Floats(layer.ActivationDType, o)).ToArray();
        if (run.Topology.Communicates)
        {
            return [.. floats.SelectMany(f => f)];
        }

        var sum = floats[0];
        foreach (var part in floats.Skip(1))
        {
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += part[i];
            }
        }

        return sum;
    }

    public static LayerWeights Weights(CaseScope scope, LayerRun run) =>
        run.Weights ?? scope.Context.Problems.Weights(run.Problem.Layer, run.Problem.Seed);

    public static float[] Floats(DType dtype, byte[] bytes) =>
        new HostTensor(dtype, new TensorShape(bytes.Length * 8L / dtype.Bits()), bytes).ToFloats();
}
