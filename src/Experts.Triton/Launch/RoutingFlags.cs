namespace FusedMoe.Experts.Triton;

/// <summary>Flags of kernels that read routing as the router left it.</summary>
internal static class RoutingFlags
{
    /// <summary>Expert map, live tokens and router weight of a call.</summary>
    public static GemmFlags Of(in ExpertsCall call) =>
        (call.ExpertMap.IsNone ? GemmFlags.None : GemmFlags.ExpertMap)
        | (call.ValidTokens.IsNone ? GemmFlags.None : GemmFlags.ValidTokens)
        | (call.RouterWeightOnInput ? GemmFlags.None : GemmFlags.RouterWeight);
}
