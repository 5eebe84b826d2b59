namespace FusedMoe.Experts.Cutlass;

/// <summary>Both products of a layer, bound to the weights of the latest call.</summary>
internal sealed class CutlassProducts(CutlassLayer layer) : IDisposable
{
    private readonly CutlassSortedRows _sortedRows = new(layer);
    private ExpertWeights? _weights;
    private CutlassProduct? _first;
    private CutlassProduct? _second;

    /// <summary>Arguments of the first product, without the call's own fields.</summary>
    public GroupedGemmArgs First => (_first ?? throw Unbound()).Arguments;

    /// <summary>Arguments of the second product over <paramref name="rows"/> rows at <paramref name="input"/>.</summary>
    public GroupedGemmArgs Second(nint input, long rows)
    {
        var args = (_second ?? throw Unbound()).Arguments;
        _sortedRows.Bind(ref args, input, rows);
        return args;
    }

    /// <summary>Makes tensor maps of <paramref name="weights"/>, unless they are the bound ones.</summary>
    public void Bind(ExpertWeights weights)
    {
        if (ReferenceEquals(weights, _weights))
        {
            return;
        }

        Release();
        _first = new CutlassProduct(layer, weights.W13, weights.W13Bias, layer.Epilogue == CutlassEpilogue.Plain ? 1 : 2);
        _second = new CutlassProduct(layer, weights.W2, weights.W2Bias, 1);
        _weights = weights;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        _sortedRows.Dispose();
    }

    private void Release()
    {
        _first?.Dispose();
        _second?.Dispose();
        (_first, _second, _weights) = (null, null, null);
    }

    private static InvalidOperationException Unbound() =>
        new($"Products must be bound to weights, got none; call {nameof(Bind)} first.");
}
