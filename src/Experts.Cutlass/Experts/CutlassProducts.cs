namespace FusedMoe.Experts.Cutlass;

/// <summary>Both products of a layer, bound to the weights of the latest call.</summary>
internal sealed class CutlassProducts(CutlassLayer layer) : IDisposable
{
    private ExpertWeights? _weights;
    private CutlassProduct? _first;
    private CutlassProduct? _second;

    /// <summary>The first product.</summary>
    public CutlassProduct First => _first ?? throw Unbound();

    /// <summary>The second product.</summary>
    public CutlassProduct Second => _second ?? throw Unbound();

    /// <summary>Makes tensor maps of <paramref name="weights"/>, unless they are the bound ones.</summary>
    public void Bind(ExpertWeights weights)
    {
        if (ReferenceEquals(weights, _weights))
        {
            return;
        }

        Dispose();
        _first = new CutlassProduct(layer, weights.W13, weights.W13Bias, layer.Epilogue == CutlassEpilogue.Plain ? 1 : 2);
        _second = new CutlassProduct(layer, weights.W2, weights.W2Bias, 1);
        _weights = weights;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _first?.Dispose();
        _second?.Dispose();
        (_first, _second, _weights) = (null, null, null);
    }

    private static InvalidOperationException Unbound() =>
        new($"Products must be bound to weights, got none; call {nameof(Bind)} first.");
}
