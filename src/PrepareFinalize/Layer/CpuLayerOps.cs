using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Gate projection and accumulation on the CPU. A logit is summed in sixteen lanes, lane l taking columns l, l + 16,
/// l + 32 … by fused multiply-add from 0, the lanes folded by halves (8, 4, 2, 1), then the bias added: the same bits
/// whatever the batch and the number of threads.
/// </summary>
internal sealed class CpuLayerOps : ILayerOps
{
    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public void ProjectLogits(
        TensorView hidden, TensorView weight, TensorView bias, TensorView logits, IComputeStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var job = new LogitsJob
        {
            Hidden = new TensorRows(hidden, "hidden states"),
            Weight = new TensorRows(weight, "gate weight"),
            Logits = new TensorRows(logits, "router logits"),
            Bias = bias,
        };
        Require(job.Hidden.DType, "hidden states");
        Require(job.Weight.DType, "gate weight");
        Require(job.Logits.DType, "router logits");
        if (job.Weight.Columns != job.Hidden.Columns)
        {
            throw new ArgumentException(
                $"gate weight must be [G, {job.Hidden.Columns}], got {weight}.", nameof(weight));
        }

        if (job.Logits.Rows != job.Hidden.Rows || job.Logits.Columns != job.Weight.Rows)
        {
            throw new ArgumentException(
                $"router logits must be [{job.Hidden.Rows}, {job.Weight.Rows}], got {logits}.", nameof(logits));
        }

        var isBias = bias.Elements == job.Weight.Rows && bias.IsContiguous && bias.DType.IsActivation();
        if (!bias.IsNone && !isBias)
        {
            throw new ArgumentException(
                $"gate bias must be float32, bf16 or fp16 [{job.Weight.Rows}], got {bias}.", nameof(bias));
        }

        WorkerPool.Of(stream.Device).ParallelFor(job.Units, ref job);
    }

    public unsafe void Accumulate(TensorView target, TensorView addend, TensorView validTokens, IComputeStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (target.Shape != addend.Shape || target.DType != addend.DType || !target.DType.IsActivation())
        {
            throw new ArgumentException(
                $"addend must have the type and shape of the target {target}, got {addend}.", nameof(addend));
        }

        var body = new AccumulateBody
        {
            Target = new TensorRows(target, "target"),
            Addend = new TensorRows(addend, "addend"),
        };
        var rows = body.Target.Rows;
        var live = validTokens.IsNone ? rows : Math.Clamp(*(int*)validTokens.Pointer, 0, rows);
        WorkerPool.Of(stream.Device).ParallelFor(live, ref body);
    }

    private static void Require(DType dtype, string name)
    {
        if (!dtype.IsActivation())
        {
            throw new ArgumentException($"{name} must be float32, bf16 or fp16, got {dtype.Name()}.");
        }
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
}
