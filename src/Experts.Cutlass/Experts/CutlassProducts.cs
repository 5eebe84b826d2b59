namespace FusedMoe.Experts.Cutlass;

/// <summary>Both products of a layer, bound to the weights of the latest call.</summary>
internal sealed class CutlassProducts(CutlassLayer layer) : IDisposable
{
    private readonly CutlassSortedRows _sortedRows = new(layer);
    private CutlassWeights? _weights;
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

    /// <summary>Makes tensor maps of <paramref name="prepared"/>, unless they are the bound ones.</summary>
    /// <exception cref="ArgumentException">Other experts prepared them.</exception>
    public void Bind(IPreparedWeights prepared)
    {
        if (ReferenceEquals(prepared, _weights))
        {
            return;
        }

        var own = CutlassWeights.Of(prepared);
        var weights = own.Weights;
        Release();
        var halves = layer.Epilogue == CutlassEpilogue.Plain ? 1 : 2;
        _first = new CutlassProduct(layer, weights.W13, weights.W13Bias, halves, own.FirstCounter);
        _second = new CutlassProduct(layer, weights.W2, weights.W2Bias, 1, own.SecondCounter);
        _weights = own;
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
