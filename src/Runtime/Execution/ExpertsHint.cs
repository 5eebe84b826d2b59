namespace FusedMoe.Runtime;

/// <summary>What experts are told to expect, so that they pick a configuration for it.</summary>
internal static class ExpertsHint
{
    /// <summary>Rows expected to be live; 0 for as many as the experts' input has.</summary>
    /// <param name="format">Format of the experts' input.</param>
    /// <param name="hint">The caller's hint; 0 for none.</param>
    /// <param name="rows">Rows of the call on this rank.</param>
    /// <param name="dispatchers">Ranks that may send rows to this one.</param>
    /// <param name="hasTravelled">True when the rows are no longer the call's.</param>
    public static int For(ActivationFormat format, int hint, int rows, int dispatchers, bool hasTravelled)
    {
        // A block an expert has room for the deployment's maximum and says nothing about this call; the ranks' calls are
        // taken to be alike.
        if (format == ActivationFormat.Batched)
        {
            return (int)Math.Min((long)(hint > 0 ? hint : rows) * dispatchers, int.MaxValue);
        }

        return hasTravelled ? 0 : hint;
    }
}
