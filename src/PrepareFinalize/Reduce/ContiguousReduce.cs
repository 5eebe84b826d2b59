using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Weights and sums <c>[M, k, K]</c> (or <c>[M·k, K]</c>) over the slots, in slot order. Rows of slots that do not
/// count are never read: they may hold anything.
/// </summary>
internal sealed class ContiguousReduce(WorkerPool workers) : ITopKWeightAndReduce
{
    public WeightAndReduceSpec Spec => WeightAndReduceSpec.Contiguous;

    public void Apply(in WeightAndReduceCall call, IComputeStream stream)
    {
        var slots = new ReduceSlots(call);
        var output = new TensorRows(call.Output, "output");
        var pairs = (long)slots.Tokens * slots.TopK;
        var input = call.ExpertOutput;
        if (output.Rows != slots.Tokens || input.Elements != pairs * output.Columns || !input.IsContiguous)
        {
            throw new ArgumentException(
                $"experts' output must be contiguous [{slots.Tokens}, {slots.TopK}, {output.Columns}], got {input}.");
        }

        var rows = TensorView.Contiguous(
            input.Pointer, input.DType, new TensorShape(pairs, output.Columns), input.Device);
        var body = new Body { Slots = slots, Input = new TensorRows(rows, "experts' output"), Output = output };
        workers.ParallelFor(slots.Tokens, ref body);
    }

    private struct Body : IWorkerBody
    {
        public ReduceSlots Slots;
        public TensorRows Input;
        public TensorRows Output;

        public readonly void Execute(int begin, int end, int worker)
        {
            Span<float> buffer = stackalloc float[RowSum.Piece];
            for (var token = begin; token < Math.Min(end, Slots.LiveTokens); token++)
            {
                for (var column = 0; column < Output.Columns; column += RowSum.Piece)
                {
                    var sum = buffer[..Math.Min(RowSum.Piece, Output.Columns - column)];
                    sum.Clear();
                    for (var slot = 0; slot < Slots.TopK; slot++)
                    {
                        if (Slots.LocalExpert(token, slot) >= 0)
                        {
                            var row = ((long)token * Slots.TopK) + slot;
                            RowSum.Add(Input, row, column, Slots.Weight(token, slot), sum);
                        }
                    }

                    Output.Write(token, sum, column);
                }
            }
        }
    }
}
