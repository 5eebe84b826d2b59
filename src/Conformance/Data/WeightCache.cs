namespace FusedMoe.Conformance;

/// <summary>
/// Drawn weights by what they are drawn from, shared among layers that differ in routing, activation or biases only.
/// Forgets what no layer uses any more.
/// </summary>
internal sealed class WeightCache
{
    private readonly Dictionary<Key, WeakReference<QuantizedWeight>> _weights = [];

    public QuantizedWeight Draw(
        int seed, string purpose, TensorShape shape, float deviation, QuantKey? quant, DType dtype)
    {
        var key = new Key(seed, purpose, shape, deviation, quant, dtype);
        lock (_weights)
        {
            if (_weights.TryGetValue(key, out var known) && known.TryGetTarget(out var weight))
            {
                return weight;
            }

            weight = WeightQuantizer.Draw(seed, purpose, shape, deviation, quant, dtype);
            _weights[key] = new WeakReference<QuantizedWeight>(weight);
            return weight;
        }
    }

    private sealed record Key(
        int Seed, string Purpose, TensorShape Shape, float Deviation, QuantKey? Quant, DType DType);
}
