using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Gate projection, accumulation and identity experts on the CPU. A logit is summed in sixteen lanes, lane l taking
/// columns l, l + 16, l + 32 … by fused multiply-add from 0, the lanes folded by halves (8, 4, 2, 1), then the bias added:
/// the same bits whatever the batch and the number of threads.
/// </summary>
internal sealed class CpuLayerOps : ILayerOps
{
    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public void ProjectLogits(
        TensorView hidden, TensorView weight, TensorView bias, TensorView logits, IComputeStream stream)
    {
        var workers = CpuTensors.Workers(stream);
        LayerOpsRules.CheckProjection(hidden, weight, bias, logits);
        if (!bias.IsNone)
        {
            CpuTensors.RequireDense(bias, "gate bias");
        }

        var job = new LogitsJob
        {
            Hidden = CpuTensors.Activation(hidden, "hidden states"),
            Weight = CpuTensors.Activation(weight, "gate"),
            Logits = CpuTensors.Activation(logits, "router logits"),
            Bias = bias,
        };
        workers.ParallelFor(job.Units, ref job);
    }

    public void Accumulate(TensorView target, TensorView addend, TensorView validTokens, IComputeStream stream)
    {
        var workers = CpuTensors.Workers(stream);
        LayerOpsRules.CheckAccumulation(target, addend, validTokens);
        var body = new AccumulateBody
        {
            Target = CpuTensors.Activation(target, "target"),
            Addend = CpuTensors.Activation(addend, "addend"),
        };
        workers.ParallelFor(LiveRows(validTokens, body.Target.Rows), ref body);
    }

    public void AddIdentity(in IdentityCall call, IComputeStream stream)
    {
        var workers = CpuTensors.Workers(stream);
        LayerOpsRules.CheckIdentity(call);
        CpuTensors.RequireDense(call.TopKIds, "top-k ids");
        CpuTensors.RequireDense(call.TopKWeights, "top-k weights");
        var body = new IdentityBody
        {
            Call = call,
            Target = CpuTensors.Activation(call.Target, "target"),
            Hidden = CpuTensors.Activation(call.HiddenStates, "hidden states"),
        };
        workers.ParallelFor(LiveRows(call.ValidTokens, body.Target.Rows), ref body);
    }

    private static unsafe int LiveRows(TensorView validTokens, int rows)
    {
        if (validTokens.IsNone)
        {
            return rows;
        }

        CpuTensors.RequireDense(validTokens, "valid tokens");
        return Math.Clamp(*(int*)validTokens.Pointer, 0, rows);
    }

    private struct AccumulateBody : IWorkerBody
    {
        public TensorRows Target;
        public TensorRows Addend;

        public readonly void Execute(int begin, int end, int worker)
        {
            Span<float> buffer = stackalloc float[RowSum.Piece];
            for (var row = begin; row < end; row++)
            {
                for (var column = 0; column < Target.Columns; column += RowSum.Piece)
                {
                    var sum = buffer[..Math.Min(RowSum.Piece, Target.Columns - column)];
                    Target.Read(row, sum, column);
                    RowSum.Add(Addend, row, column, 1f, sum);
                    Target.Write(row, sum, column);
                }
            }
        }
    }

    private struct IdentityBody : IWorkerBody
    {
        public IdentityCall Call;
        public TensorRows Target;
        public TensorRows Hidden;

        public readonly void Execute(int begin, int end, int worker)
        {
            Span<float> buffer = stackalloc float[RowSum.Piece];
            for (var row = begin; row < end; row++)
            {
                if (Weight(row) is not { } weight)
                {
                    continue;
                }

                for (var column = 0; column < Target.Columns; column += RowSum.Piece)
                {
                    var sum = buffer[..Math.Min(RowSum.Piece, Target.Columns - column)];
                    Target.Read(row, sum, column);
                    RowSum.Add(Hidden, row, column, weight, sum);
                    Target.Write(row, sum, column);
                }
            }
        }

        /// <summary>The weights of a row's identity experts; null when it has none.</summary>
        private readonly unsafe float? Weight(int row)
        {
            var slots = (int)Call.TopKIds.Shape[1];
            float? sum = null;
            for (var pair = (long)row * slots; pair < (row + 1L) * slots; pair++)
            {
                var id = Call.TopKIds.DType == DType.Int64
                    ? ((long*)Call.TopKIds.Pointer)[pair]
                    : ((int*)Call.TopKIds.Pointer)[pair];
                if (id >= Call.First && id < (long)Call.First + Call.Count)
                {
                    sum = (sum ?? 0f) + ((float*)Call.TopKWeights.Pointer)[pair];
                }
            }

            return sum;
        }
    }
}
