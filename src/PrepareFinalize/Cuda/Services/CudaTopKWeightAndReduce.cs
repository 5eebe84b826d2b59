namespace FusedMoe.PrepareFinalize;

/// <summary>One strategy of weighting and summing on a GPU.</summary>
internal sealed class CudaTopKWeightAndReduce(WeightAndReduceSpec spec, CudaReduction reduction, CudaElementwise elementwise)
    : ITopKWeightAndReduce
{
    public WeightAndReduceSpec Spec => spec;

    public void Apply(in WeightAndReduceCall call, IComputeStream stream)
    {
        switch (spec.Kind)
        {
            case WeightAndReduceKind.NoOp:
                if (call.ExpertOutput.Pointer != call.Output.Pointer)
                {
                    elementwise.Convert(call.ExpertOutput, call.Output, call.ValidTokens, stream);
                }

                break;
            case WeightAndReduceKind.Contiguous:
                Contiguous(call, stream);
                break;
            case WeightAndReduceKind.Batched:
                Batched(call, stream);
                break;
            default:
                throw new InvalidOperationException(
                    "The strategy 'delegate' reduces nothing; prepare/finalize must choose its own.");
        }
    }

    private void Contiguous(in WeightAndReduceCall call, IComputeStream stream)
    {
        var (tokens, columns, slots) = (call.Output.Shape[0], call.Output.Shape[1], call.TopKIds.Shape[1]);
        TensorCheck.Require(
            call.ExpertOutput.Elements == tokens * slots * columns && call.ExpertOutput.Shape[-1] == columns,
            "experts' output",
            $"[{tokens}, {slots}, {columns}]",
            call.ExpertOutput);
        reduction.ByPair(Bind(call), stream);
    }

    private void Batched(in WeightAndReduceCall call, IComputeStream stream)
    {
        TensorCheck.Require(
            call.ExpertOutput.Shape.Rank == 3 && call.ExpertOutput.Shape[2] == call.Output.Shape[1],
            "experts' output",
            $"[local experts, rows, {call.Output.Shape[1]}]",
            call.ExpertOutput);
        var experts = (int)call.ExpertOutput.Shape[0];
        var args = Bind(call) with
        {
            local_experts = experts,
            rows_per_expert = (int)call.ExpertOutput.Shape[1],
            first_global_expert = spec.Rank * experts,
        };
        reduction.ByTokenOrder(args, stream);
    }

    private static ReductionArgs Bind(in WeightAndReduceCall call)
    {
        TensorCheck.Require(
            call.TopKIds.Shape[0] == call.Output.Shape[0], "top-k ids", $"[{call.Output.Shape[0]}, k]", call.TopKIds);
        TensorCheck.Require(
            call.TopKWeights.Shape == call.TopKIds.Shape, "top-k weights", $"float32 {call.TopKIds.Shape}", call.TopKWeights);
        return CudaReduction.Bind(call.ExpertOutput, call.Output, call.ValidTokens) with
        {
            ids = CudaTensors.Ids(call.TopKIds),
            id_bytes = call.TopKIds.DType == DType.Int64 ? sizeof(long) : sizeof(int),
            expert_map = CudaTensors.Optional(call.ExpertMap, DType.Int32, "expert map"),
            weights = call.RouterWeightOnInput ? 0 : CudaTensors.Dense(call.TopKWeights, DType.Float32, "top-k weights"),
            top_k = (int)call.TopKIds.Shape[1],
            global_experts = call.GlobalExperts,
        };
    }
}
