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
        TensorCheck.Require(call.Input.Shape.Rank == 2, "rows to permute", "[M, K]", call.Input);
        TensorCheck.Require(call.SortedPairs.Shape.Rank == 1, "sorted pairs", "int32 [capacity]", call.SortedPairs);
        TensorCheck.Require(call.PaddedRows.Elements == 1, "padded rows", "int32 [1]", call.PaddedRows);
        var tokens = (int)call.Input.Shape[0];
        var capacity = (int)call.SortedPairs.Elements;
        var hasScales = !call.InputScales.IsNone;
        TensorCheck.Require(
            (call.Input.Shape[1] * call.Input.DType.Bits()) % 8 == 0,
            "rows to permute",
            "rows of whole bytes",
            call.Input);
        RequireRows("permuted rows", call.Input, capacity, call.Output);
        TensorCheck.Require(
            hasScales || call.OutputScales.IsNone, "permuted scales", "absent without scales", call.OutputScales);
        if (hasScales)
        {
            TensorCheck.Require(
                call.InputScales.Shape.Rank == 2 && call.InputScales.Shape[0] == tokens,
                "scales to permute",
                $"[{tokens}, S]",
                call.InputScales);
            RequireRows("permuted scales", call.InputScales, capacity, call.OutputScales);
        }

        if (call.TopK < 1)
        {
            throw new ArgumentException($"top-k of a permutation must be at least 1, got {call.TopK}.");
        }

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
        TensorCheck.Require(call.Output.Shape.Rank == 2, "output", "[M, K]", call.Output);
        var (tokens, columns) = (call.Output.Shape[0], call.Output.Shape[1]);
        TensorCheck.Require(
            call.Permuted.Shape.Rank == 2 && call.Permuted.Shape[1] == columns,
            "permuted rows",
            $"[rows, {columns}]",
            call.Permuted);
        TensorCheck.Require(
            call.TopKWeights.Shape.Rank == 2 && call.TopKWeights.Shape[0] == tokens,
            "top-k weights",
            $"float32 [{tokens}, k]",
            call.TopKWeights);
        TensorCheck.Require(
            call.Positions.Shape == call.TopKWeights.Shape, "positions", $"int32 {call.TopKWeights.Shape}", call.Positions);
        TensorCheck.RequireValidTokens(call.ValidTokens);
        CudaTensors.Activation(call.Permuted, "permuted rows");
        var args = CudaReduction.Bind(call.Permuted, call.Output, call.ValidTokens) with
        {
            positions = CudaTensors.Dense(call.Positions, DType.Int32, "positions"),
            weights = call.RouterWeightOnInput ? 0 : CudaTensors.Dense(call.TopKWeights, DType.Float32, "top-k weights"),
            top_k = (int)call.TopKWeights.Shape[1],
        };
        reduction.ByPosition(args, stream);
    }

    private static void RequireRows(string name, TensorView source, int rows, TensorView target) => TensorCheck.Require(
        target.DType == source.DType && target.Shape == source.Shape.With(0, rows),
        name,
        $"{source.DType.Name()} {source.Shape.With(0, rows)}",
        target);
}
