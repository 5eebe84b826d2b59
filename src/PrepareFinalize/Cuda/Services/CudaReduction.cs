using FusedMoe.Cuda;

namespace FusedMoe.PrepareFinalize;

/// <summary>Weighting and summing over slots on a GPU, by the three ways of finding a pair's row.</summary>
internal sealed class CudaReduction(CudaLauncher launcher)
{
    private const int ThreadVector = 8;
    private const int WarpThreads = 32;

    // Enough to fill a GPU: with as many tokens, a block has all of a token's columns and finds the rows once.
    private const int WantedBlocks = 1024;
    private const string PairOrder = "sm80_any_reduction_pair_order";
    private const string Positions = "sm80_any_reduction_positions";
    private const string TokenOrder = "sm80_any_reduction_token_order";

    /// <summary>The arguments that describe input and output.</summary>
    public static ReductionArgs Bind(TensorView input, TensorView output, TensorView validTokens) => new()
    {
        input = CudaTensors.Activation(input, "experts' output"),
        output = CudaTensors.Activation(output, "output"),
        valid_tokens = CudaTensors.Optional(validTokens, DType.Int32, "valid tokens"),
        tokens = (int)output.Shape[0],
        columns = (int)output.Shape[1],
        input_dtype = (int)input.DType,
        output_dtype = (int)output.DType,
        id_bytes = sizeof(int),
    };

    /// <summary>Rows stand at their pair's index.</summary>
    public void ByPair(in ReductionArgs args, IComputeStream stream) => Launch(PairOrder, args, stream);

    /// <summary>Rows stand where a table says.</summary>
    public void ByPosition(in ReductionArgs args, IComputeStream stream) => Launch(Positions, args, stream);

    /// <summary>Rows stand in token order in their expert's block.</summary>
    public void ByTokenOrder(in ReductionArgs args, IComputeStream stream) => Launch(TokenOrder, args, stream);

    /// <summary>
    /// A block a token, or several that share its columns where tokens are too few to fill a GPU. A thread has 8 columns at a
    /// time, a block whole warps.
    /// </summary>
    /// <param name="tokens">Rows of the output.</param>
    /// <param name="columns">Its columns, at least 1.</param>
    /// <param name="mostThreads">Threads of the largest block.</param>
    internal static KernelLaunch Shape(int tokens, int columns, int mostThreads)
    {
        var vectors = (columns + ThreadVector - 1) / ThreadVector;
        var threads = Math.Min(mostThreads, (vectors + WarpThreads - 1) / WarpThreads * WarpThreads);
        var parts = Math.Clamp(WantedBlocks / Math.Max(tokens, 1), 1, (vectors + threads - 1) / threads);
        return new KernelLaunch(tokens, parts) { Threads = threads };
    }

    private void Launch(string key, in ReductionArgs args, IComputeStream stream)
    {
        var kernel = launcher.Kernel(key, stream);
        launcher.Launch(kernel, args, Shape(args.tokens, args.columns, kernel.Entry.Threads), stream);
    }
}
