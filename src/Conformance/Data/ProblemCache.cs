namespace FusedMoe.Conformance;

/// <summary>
/// Weights, inputs and expected outputs by problem, the least recently used forgotten beyond a byte bound.
/// </summary>
internal sealed class ProblemCache
{
    private const long MaxBytes = 1L << 29;

    private readonly Dictionary<(MoeLayerSpec Layer, int Seed), LinkedListNode<Entry>> _layers = [];
    private readonly LinkedList<Entry> _recent = new();
    private readonly WeightCache _weights = new();
    private readonly Lock _gate = new();
    private long _bytes;

    public LayerWeights Weights(MoeLayerSpec layer, int seed) => Find(layer, seed).Weights;

    public LayerInputs Inputs(LayerProblem problem)
    {
        var entry = Find(problem.Layer, problem.Seed);
        lock (entry)
        {
            return entry.Inputs.TryGetValue(problem, out var inputs)
                ? inputs
                : entry.Inputs[problem] = LayerInputs.Draw(problem, entry.Weights);
        }
    }

    /// <summary>The whole layer's output <c>[M, K]</c> in float64, shared experts included.</summary>
    public double[] Expected(LayerProblem problem)
    {
        var inputs = Inputs(problem);
        var entry = Find(problem.Layer, problem.Seed);
        lock (entry)
        {
            return entry.Expected.TryGetValue(problem, out var expected)
                ? expected
                : entry.Expected[problem] = ReferenceLayer.Run(problem.Layer, entry.Weights, inputs);
        }
    }

    private Entry Find(MoeLayerSpec layer, int seed)
    {
        lock (_gate)
        {
            if (_layers.TryGetValue((layer, seed), out var node))
            {
                _recent.Remove(node);
                _recent.AddFirst(node);
                return node.Value;
            }

            var entry = new Entry((layer, seed), LayerWeights.Draw(layer, seed, _weights));
            _layers[entry.Key] = _recent.AddFirst(entry);
            _bytes += entry.Weights.Bytes;
            while (_bytes > MaxBytes && _recent.Count > 1)
            {
                var oldest = _recent.Last!.Value;
                _recent.RemoveLast();
                _layers.Remove(oldest.Key);
                _bytes -= oldest.Weights.Bytes;
            }

            return entry;
        }
    }

    private sealed record Entry((MoeLayerSpec Layer, int Seed) Key, LayerWeights Weights)
    {
        public Dictionary<LayerProblem, LayerInputs> Inputs { get; } = [];

        public Dictionary<LayerProblem, double[]> Expected { get; } = [];
    }
}
