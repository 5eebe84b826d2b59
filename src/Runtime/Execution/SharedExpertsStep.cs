namespace FusedMoe.Runtime;

/// <summary>
/// Runs shared experts as a layer of their own and adds their output. One buffer serves both lanes: a lane's output is
/// added before the other lane's shared experts run.
/// </summary>
internal sealed class SharedExpertsStep(MoeKernel kernel, ILayerOps ops, TensorView output, Routed always)
{
    /// <summary>
    /// Computes the shared experts of a call into the buffer. Reads the hidden states, never writes them.
    /// </summary>
    public void Run(in MoeKernelCall call, IComputeStream stream)
    {
        var rows = call.HiddenStates.Shape[0];
        if (rows == 0)
        {
            return;
        }

        var input = call.SharedExpertsInput.IsNone ? call.HiddenStates : call.SharedExpertsInput;
        kernel.Run(
            new MoeKernelCall
            {
                HiddenStates = input,
                Output = output.Slice(0, 0, rows),
                TopKIds = always.Ids.IsNone ? TensorView.None : always.Ids.Slice(0, 0, rows),
                TopKWeights = always.Ids.IsNone ? TensorView.None : always.Weights.Slice(0, 0, rows),
                ValidTokens = call.ValidTokens,
                TokensHint = call.TokensHint,
            },
            stream);
    }

    /// <summary>Adds the buffer to the live rows of a call's output.</summary>
    public void AddTo(in MoeKernelCall call, IComputeStream stream)
    {
        var rows = call.Output.Shape[0];
        if (rows > 0)
        {
            ops.Accumulate(call.Output, output.Slice(0, 0, rows), call.ValidTokens, stream);
        }
    }
}
