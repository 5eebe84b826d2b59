using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Brings finished rows <c>[M, K]</c> into the output: nothing when they are already there, else a copy.
/// </summary>
internal sealed class NoOpReduce(WorkerPool workers) : ITopKWeightAndReduce
{
    public WeightAndReduceSpec Spec => WeightAndReduceSpec.NoOp;

    public void Apply(in WeightAndReduceCall call, IComputeStream stream) =>
        Copy(call.ExpertOutput, call.Output, call.ValidTokens);

    /// <summary>Copies the live rows, converting the element type when it differs.</summary>
    public unsafe void Copy(TensorView source, TensorView target, TensorView validTokens)
    {
        if (source == target)
        {
            return;
        }

        if (source.Shape != target.Shape)
        {
            throw new ArgumentException(
                $"experts' output must have the shape of the output {target.Shape}, got {source}.");
        }

        var body = new Body
        {
            Source = new TensorRows(source, "experts' output"),
            Target = new TensorRows(target, "output"),
        };
        var rows = body.Source.Rows;
        workers.ParallelFor(
            validTokens.IsNone ? rows : Math.Clamp(*(int*)validTokens.Pointer, 0, rows), ref body);
    }

    private struct Body : IWorkerBody
    {
        public TensorRows Source;
        public TensorRows Target;

        public readonly void Execute(int begin, int end, int worker)
        {
            Span<float> buffer = stackalloc float[RowSum.Piece];
            for (var row = begin; row < end; row++)
            {
                for (var column = 0; column < Source.Columns; column += RowSum.Piece)
                {
                    var piece = buffer[..Math.Min(RowSum.Piece, Source.Columns - column)];
                    Source.Read(row, piece, column);
                    Target.Write(row, piece, column);
                }
            }
        }
    }
}
