namespace FusedMoe.PrepareFinalize;

/// <summary>How finalize reduces what experts left.</summary>
internal static class Reductions
{
    /// <summary>The strategy that experts name; a delegated reduction is done as a contiguous one.</summary>
    public static WeightAndReduceSpec Of(in FinalizeCall call) =>
        call.WeightAndReduce.Kind == WeightAndReduceKind.Delegate ? WeightAndReduceSpec.Contiguous : call.WeightAndReduce;

    /// <summary>The reduction of finalize's experts' output into <paramref name="output"/>.</summary>
    /// <param name="call">Finalize, with the ids and weights that belong to the rows.</param>
    /// <param name="output"><c>[M, K]</c>, written.</param>
    /// <param name="validTokens">Live rows, or <see cref="TensorView.None"/> for all.</param>
    public static WeightAndReduceCall Into(in FinalizeCall call, TensorView output, TensorView validTokens) => new()
    {
        Output = output,
        ExpertOutput = call.ExpertOutput,
        TopKWeights = call.TopKWeights,
        TopKIds = call.TopKIds,
        ExpertMap = call.ExpertMap,
        GlobalExperts = call.GlobalExperts,
        RouterWeightOnInput = call.RouterWeightOnInput,
        ValidTokens = validTokens,
    };
}
