using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Host.Layers;

/// <summary>The error of one recorded case.</summary>
/// <param name="Tokens">Tokens of the case.</param>
/// <param name="RelativeError">Relative Frobenius error against the recording.</param>
/// <param name="Tolerance">The largest that passes.</param>
internal sealed record RecordingCheck(int Tokens, double RelativeError, double Tolerance)
{
    /// <summary>True when the error is a number within the tolerance.</summary>
    public bool Holds => RelativeError <= Tolerance;

    /// <summary>Runs every recorded case, each on a poisoned output.</summary>
    public static IReadOnlyList<RecordingCheck> All(LayerRun layer, GoldenRecording recording, double tolerance) =>
        [.. recording.TokenCounts.Select(tokens => One(layer, recording, tokens, tolerance))];

    private static RecordingCheck One(LayerRun layer, GoldenRecording recording, int tokens, double tolerance)
    {
        var (hidden, expected) = recording.Case(tokens);
        var width = layer.Kernel.Plan.Layer.Shape.Hidden;
        if (hidden.Shape[1] != width || hidden.DType != layer.Kernel.Plan.Layer.ActivationDType)
        {
            throw new ArgumentException(
                $"hidden_states_{tokens} must be {layer.Kernel.Plan.Layer.ActivationDType.Name()} [{tokens}, {width}], got "
                + $"{hidden.DType.Name()} {hidden.Shape}; record it with this checkpoint.");
        }

        layer.SetHidden(hidden.AsSpan<byte>());
        layer.PoisonOutput();
        layer.Apply(tokens);
        var reference = ActivationBytes.ToFloat(expected.AsSpan<byte>(), expected.DType);
        return new RecordingCheck(tokens, ErrorMeasure.RelativeFrobenius(layer.ReadOutput(tokens), reference), tolerance);
    }
}
