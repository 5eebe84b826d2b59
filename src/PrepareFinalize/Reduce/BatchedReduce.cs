using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Weights and sums the batched output <c>[E_local, rows, K]</c> of one rank. A pair (token, slot) lies in its
/// expert's block behind all earlier pairs of that expert, counted token by token and slot by slot; the sum runs over
/// a token's slots in order. Without an expert map, local expert e is global expert rank · E_local + e. One call at a
/// time.
/// </summary>
internal sealed class BatchedReduce(WeightAndReduceSpec spec, WorkerPool workers) : ITopKWeightAndReduce
{
    private int[] _rows = [];
    private int[] _counts = [];

    public WeightAndReduceSpec Spec => spec;

    public void Apply(in WeightAndReduceCall call, IComputeStream stream)
    {
        var slots = new ReduceSlots(call);
        var output = new TensorRows(call.Output, "output");
        var input = call.ExpertOutput;
        if (output.Rows != slots.Tokens)
        {
            throw new ArgumentException($"output must be [{slots.Tokens}, K], got {call.Output}.");
        }

        if (input.Shape.Rank != 3 || input.Shape[2] != output.Columns || !input.IsContiguous)
        {
            throw new ArgumentException(
                $"experts' output must be contiguous [E, rows, {output.Columns}], got {input}.");
        }

        var first = call.ExpertMap.IsNone ? checked(spec.Rank * (int)input.Shape[0]) : 0;
        Place(slots, (int)input.Shape[0], (int)input.Shape[1], first);
        var flat = input.Reshape(new TensorShape(input.Shape[0] * input.Shape[1], output.Columns));
        var body = new Body
        {
            Slots = slots,
            Rows = _rows,
            Input = new TensorRows(flat, "experts' output"),
            Output = output,
        };
        workers.ParallelFor(slots.LiveTokens, ref body);
    }

    private void Place(in ReduceSlots slots, int experts, int capacity, int first)
    {
        var pairs = slots.Tokens * slots.TopK;
        _rows = _rows.Length < pairs ? new int[pairs] : _rows;
        _counts = _counts.Length < experts ? new int[experts] : _counts;
        Array.Clear(_counts);
        for (var token = 0; token < slots.LiveTokens; token++)
        {
            for (var slot = 0; slot < slots.TopK; slot++)
            {
                var expert = slots.LocalExpert(token, slot) - first;
                var isHere = (uint)expert < (uint)experts;
                if (isHere && _counts[expert] == capacity)
                {
                    throw new ArgumentException(
                        $"a batched expert must get at most {capacity} rows, got more for local expert {expert}.");
                }

                _rows[(token * slots.TopK) + slot] = isHere ? (expert * capacity) + _counts[expert]++ : -1;
            }
        }
    }

    private struct Body : IWorkerBody
    {
        public ReduceSlots Slots;
        public int[] Rows;
        public TensorRows Input;
        public TensorRows Output;

        public readonly void Execute(int begin, int end, int worker)
        {
            Span<float> buffer = stackalloc float[RowSum.Piece];
            for (var token = begin; token < end; token++)
            {
                for (var column = 0; column < Output.Columns; column += RowSum.Piece)
                {
                    var sum = buffer[..Math.Min(RowSum.Piece, Output.Columns - column)];
                    sum.Clear();
                    for (var slot = 0; slot < Slots.TopK; slot++)
                    {
                        var row = Rows[(token * Slots.TopK) + slot];
                        if (row >= 0)
                        {
                            RowSum.Add(Input, row, column, Slots.Weight(token, slot), sum);
                        }
                    }

                    Output.Write(token, sum, column);
                }
            }
        }
    }
}
