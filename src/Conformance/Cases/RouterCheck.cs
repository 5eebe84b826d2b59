namespace FusedMoe.Conformance;

/// <summary>
/// Compares ids and weights of a router with the reference's. Another id passes only where the two keys are closer than
/// float32 can tell; the reference works in float64.
/// </summary>
internal static class RouterCheck
{
    private const double NearTie = 2e-6;

    public static string Require(
        string what, MoeLayerSpec layer, RoutedTokens expected, int[] ids, float[] weights, int firstToken = 0)
    {
        var slots = layer.Shape.TopK + layer.Routing.FusedSharedExperts;
        var (ties, worst) = (0, 0.0);
        for (var i = firstToken * slots; i < ids.Length; i++)
        {
            if (ids[i] != expected.Ids[i])
            {
                RequireTie(what, layer, expected, ids, i, slots);
                ties++;
                continue;
            }

            if (ids[i] < 0)
            {
                continue;
            }

            var error = Math.Abs(weights[i] - expected.Weights[i]) / Math.Max(Math.Abs(expected.Weights[i]), 1e-6);
            worst = Math.Max(worst, error);
            if (!(error <= Tolerances.RouterWeights))
            {
                throw new CaseFailedException(
                    $"{what}: weight at [{i / slots}, {i % slots}] must be {expected.Weights[i]:G7} "
                    + $"within {Tolerances.RouterWeights:E0}, got {weights[i]:G7}.");
            }
        }

        return $"weights within {worst:E1}, {ties} near ties";
    }

    private static void RequireTie(string what, MoeLayerSpec layer, RoutedTokens expected, int[] ids, int i, int slots)
    {
        var (token, experts) = (i / slots, layer.Shape.Experts);
        var isTie = ids[i] >= 0 && ids[i] < experts && expected.Ids[i] >= 0 && expected.Ids[i] < experts
            && Near(expected.Keys[(token * experts) + ids[i]], expected.Keys[(token * experts) + expected.Ids[i]]);
        if (!isTie || ids.AsSpan(token * slots, slots).Count(ids[i]) > 1)
        {
            throw new CaseFailedException(
                $"{what}: expert at [{token}, {i % slots}] must be {expected.Ids[i]}, got {ids[i]}.");
        }
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) <= NearTie * Math.Max(
        1e-3, Math.Max(Math.Abs(a), Math.Abs(b)));
}
