namespace FusedMoe.Host.Layers;

/// <summary>What can be checked without a recording.</summary>
/// <param name="IsFinite">No output element is NaN or infinite.</param>
/// <param name="IsRepeatable">A second call gave the same bits.</param>
internal sealed record RepeatCheck(bool IsFinite, bool IsRepeatable)
{
    /// <summary>Runs <paramref name="tokens"/> random rows of N(0, 1) twice, each time on a poisoned output.</summary>
    public static RepeatCheck Run(LayerRun layer, int tokens)
    {
        var hidden = new float[(long)tokens * layer.Kernel.Plan.Layer.Shape.Hidden];
        new RandomTensors(11).Fill(hidden, 1f);
        layer.SetHidden(ActivationBytes.FromFloat(hidden, layer.Kernel.Plan.Layer.ActivationDType));
        var first = Once(layer, tokens);
        var second = Once(layer, tokens);
        var values = ActivationBytes.ToFloat(first, layer.Kernel.Plan.Layer.ActivationDType);
        return new RepeatCheck(Array.TrueForAll(values, float.IsFinite), first.AsSpan().SequenceEqual(second));
    }

    private static byte[] Once(LayerRun layer, int tokens)
    {
        layer.PoisonOutput();
        layer.Apply(tokens);
        return layer.ReadOutputBytes(tokens);
    }
}
