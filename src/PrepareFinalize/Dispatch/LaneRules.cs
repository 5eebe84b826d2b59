namespace FusedMoe.PrepareFinalize;

/// <summary>
/// What the arguments of prepare and finalize must be, checked before a rank promises the others to take part.
/// </summary>
internal static unsafe class LaneRules
{
    /// <summary>Checks a prepare and returns its live rows.</summary>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, type or size.</exception>
    public static int Check(in PrepareCall call, DispatchContext context, long scratchBytes)
    {
        var rows = call.HiddenStates.Shape[0];
        if (rows > context.MaxTokens)
        {
            throw new ArgumentException(
                $"Tokens of one call must be at most {context.MaxTokens}, got {rows}; "
                + "raise FusedMoe:Deployment:MaxTokens.");
        }

        Tensor("hidden states", call.HiddenStates, context.ActivationDType, new TensorShape(rows, context.Hidden));
        Tensor("top-k ids", call.TopKIds, DType.Int32, new TensorShape(rows, context.TopK));
        Tensor("top-k weights", call.TopKWeights, DType.Float32, new TensorShape(rows, context.TopK));
        if (call.RouterWeightOnInput != context.RouterWeightOnInput)
        {
            throw new ArgumentException(
                $"Router weight on input must be {context.RouterWeightOnInput} as in the layer, "
                + $"got {call.RouterWeightOnInput}.");
        }

        if (call.Scratch.Bytes < scratchBytes)
        {
            throw new ArgumentException(
                $"Scratch must have {scratchBytes} bytes for {rows} tokens, got {call.Scratch.Bytes}.");
        }

        return call.ValidTokens.IsNone ? (int)rows : (int)Math.Clamp(*(int*)call.ValidTokens.Pointer, 0, rows);
    }

    /// <summary>Checks a finalize against the prepare it belongs to.</summary>
    /// <exception cref="ArgumentException">A tensor has a wrong shape or type.</exception>
    public static void Check(in FinalizeCall call, in PrepareCall prepared, DispatchContext context)
    {
        Tensor("output", call.Output, context.ActivationDType, prepared.HiddenStates.Shape);
        if (call.Scratch.Pointer != prepared.Scratch.Pointer)
        {
            throw new ArgumentException("The scratch of finalize must be the one that prepare got, got another buffer.");
        }
    }

    /// <summary>Checks that results of the experts are whole rows of a type that can be added.</summary>
    /// <exception cref="ArgumentException">They are not.</exception>
    public static void Results(TensorView results, TensorShape shape)
    {
        if (results.Shape != shape || !results.DType.IsActivation() || !results.IsContiguous)
        {
            throw new ArgumentException(
                $"The experts' output must be contiguous {shape} of float32, bf16 or fp16, got {results}.");
        }
    }

    /// <summary>Checks one tensor.</summary>
    /// <exception cref="ArgumentException">It has another type or shape, or gaps.</exception>
    public static void Tensor(string name, TensorView tensor, DType dtype, TensorShape shape)
    {
        if (tensor.DType != dtype || tensor.Shape != shape || !tensor.IsContiguous)
        {
            throw new ArgumentException($"The {name} must be contiguous {dtype.Name()} {shape}, got {tensor}.");
        }
    }
}
