using FusedMoe.Cuda;

namespace FusedMoe.PrepareFinalize;

/// <summary>Rows into expert order and back on a GPU.</summary>
internal sealed class CudaTokenPermutation(CudaLauncher launcher, CudaReduction reduction) : ITokenPermutation
{
    private const string Gather = "sm80_any_permutation_gather";
    private const int BlocksPerProcessor = 16;

    public DeviceKind DeviceKind => DeviceKind.Cuda;

    public void Permute(in PermuteCall call, IComputeStream stream)
    {
        var tokens = (int)call.Input.Shape[0];
        var capacity = (int)call.SortedPairs.Elements;
        var hasScales = !call.InputScales.IsNone;
        CudaTensors.Require(
            call.Output.DType == call.Input.DType && call.Output.Elements == call.Input.Shape[1] * capacity,
            "permuted rows",
            $"{call.Input.DType.Name()} [{capacity}, {call.Input.Shape[1]}]",
            call.Output);
        CudaTensors.Require(
            !hasScales || call.OutputScales.Bytes * tokens == call.InputScales.Bytes * capacity,
            "permuted scales",
            $"{call.InputScales} with {capacity} rows",
            call.OutputScales);
        var args = new GatherArgs
        {
            input = CudaTensors.Dense(call.Input, "rows to permute"),
            input_scales = hasScales ? CudaTensors.Dense(call.InputScales, "scales to permute") : 0,
            sorted_pairs = CudaTensors.Dense(call.SortedPairs, DType.Int32, "sorted pairs"),
            padded_rows = CudaTensors.Dense(call.PaddedRows, DType.Int32, "padded rows"),
            output = CudaTensors.Dense(call.Output, "permuted rows"),
            output_scales = hasScales ? CudaTensors.Dense(call.OutputScales, "permuted scales") : 0,
            row_bytes = call.Input.DType.BytesFor(call.Input.Shape[1]),
            scale_bytes = hasScales ? call.InputScales.DType.BytesFor(call.InputScales.Shape[1]) : 0,
            capacity = capacity,
            pairs = tokens * call.TopK,
            top_k = call.TopK,
        };
        launcher.Launch(Gather, args, new KernelLaunch(CudaLauncher.Spread(capacity, BlocksPerProcessor, stream)), stream);
    }

    public void Unpermute(in UnpermuteCall call, IComputeStream stream)
    {
        CudaTensors.Require(
            call.Permuted.Shape[-1] == call.Output.Shape[1], "permuted rows", $"[rows, {call.Output.Shape[1]}]", call.Permuted);
        CudaTensors.Require(
            call.Positions.Shape == call.TopKWeights.Shape, "positions", $"int32 {call.TopKWeights.Shape}", call.Positions);
        var args = CudaReduction.Bind(call.Permuted, call.Output, call.ValidTokens) with
        {
            positions = CudaTensors.Dense(call.Positions, DType.Int32, "positions"),
            weights = call.RouterWeightOnInput ? 0 : CudaTensors.Dense(call.TopKWeights, DType.Float32, "top-k weights"),
            top_k = (int)call.TopKWeights.Shape[1],
        };
        reduction.ByPosition(args, stream);
    }
}
