namespace FusedMoe.Experts.Triton;

/// <summary>Both products of a layer over the weights that its calls bring, bound again only when those change.</summary>
internal sealed class TritonProducts(TritonLayer layer)
{
    private ExpertWeights? _weights;
    private TritonProduct? _first;
    private TritonProduct? _second;

    /// <summary>The products over <paramref name="weights"/>, which <see cref="TritonWeights"/> has checked.</summary>
    public (TritonProduct First, TritonProduct Second) Of(ExpertWeights weights)
    {
        if (!ReferenceEquals(_weights, weights))
        {
            _first = TritonProduct.First(layer, weights);
            _second = TritonProduct.Second(layer, weights);
            _weights = weights;
        }

        return (_first!, _second!);
    }
}
