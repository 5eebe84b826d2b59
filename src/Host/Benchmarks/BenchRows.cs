using FusedMoe.Host.Layers;

namespace FusedMoe.Host.Benchmarks;

/// <summary>What sampled rows of a call's output must be.</summary>
/// <param name="Rows">Row numbers and their values.</param>
internal sealed record BenchRows(IReadOnlyList<(int Row, float[] Values)> Rows)
{
    /// <summary>The largest relative Frobenius error of the rows; NaN where a row has one.</summary>
    public double RelativeError(BenchCall call)
    {
        var errors = Rows.Select(r => ErrorMeasure.RelativeFrobenius(call.ReadOutputRow(r.Row), r.Values)).ToArray();
        return Array.Exists(errors, double.IsNaN) ? double.NaN : errors.Max();
    }
}
