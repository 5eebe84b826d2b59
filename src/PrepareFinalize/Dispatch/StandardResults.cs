namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Turns what standard experts left into one row a dispatched token: as it is when nothing is left to do, else weighted
/// and summed in float32.
/// </summary>
internal static class StandardResults
{
    /// <summary>One row of <see cref="DispatchContext.Hidden"/> for each of <paramref name="rows"/> tokens.</summary>
    /// <param name="call">Finalize, with the dispatched ids and weights.</param>
    /// <param name="context">The layer.</param>
    /// <param name="rows">Dispatched tokens, at least 1.</param>
    /// <param name="partial">Room for the float32 rows.</param>
    /// <param name="stream">Orders the work.</param>
    /// <exception cref="ArgumentException">The experts' output has another shape or type.</exception>
    public static TensorView Reduce(
        in FinalizeCall call, DispatchContext context, int rows, nint partial, IComputeStream stream)
    {
        var shape = new TensorShape(rows, context.Hidden);
        if (call.WeightAndReduce.Kind == WeightAndReduceKind.NoOp)
        {
            LaneRules.Results(call.ExpertOutput, shape);
            return call.ExpertOutput;
        }

        var output = TensorView.Contiguous(partial, DType.Float32, shape, call.Output.Device);
        context.Strategy(Reductions.Of(call)).Apply(Reductions.Into(call, output, TensorView.None), stream);
        return output;
    }

    /// <summary>
    /// <paramref name="results"/> in <paramref name="type"/>: themselves, or converted into <paramref name="target"/>.
    /// </summary>
    public static nint As(DType type, TensorView results, nint target, DispatchContext context)
    {
        if (results.IsNone || results.DType == type)
        {
            return results.Pointer;
        }

        var copy = new RowCopy
        {
            Source = results.Pointer,
            SourceType = results.DType,
            Target = target,
            TargetType = type,
            Columns = context.Hidden,
        };
        copy.Run(context.Pool, (int)results.Shape[0]);
        return target;
    }
}
