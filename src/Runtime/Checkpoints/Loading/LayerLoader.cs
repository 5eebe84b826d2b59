namespace FusedMoe.Runtime.Checkpoints;

/// <summary>Loads one layer for one rank.</summary>
internal sealed class LayerLoader
{
    private readonly CheckpointFiles _files;
    private readonly StoredLayer _layer;
    private readonly CheckpointLoadOptions _options;
    private readonly MoeLayerSpec _spec;

    public LayerLoader(CheckpointFiles files, StoredLayer layer, CheckpointLoadOptions options)
    {
        (_files, _layer, _options) = (files, layer, options);
        _spec = layer.Spec(options.Activations);
    }

    /// <summary>Loads it; nothing stays allocated when it fails.</summary>
    public LoadedMoeLayer Load(IComputeDevice device, IComputeStream stream, MoeCheckpointLayer place)
    {
        using var tensors = new TensorLoader(device, stream, $"layer {place.Index}");
        var (experts, shared) = (_layer.Experts, _layer.SharedExperts);
        var range = ExpertRange.Of(experts.Experts, _options.Parallel);
        if (_spec.Features.HasExpertBias && _layer.OutputBias is null && !experts.HasBias)
        {
            throw NearestNames.Missing(
                _files.Folder, $"{place.Prefix}.{WeightScheme.BiasOf(experts.Layout.Down.NameOf(0))}", _files.Names);
        }

        var weights = new MoeLayerWeights
        {
            Experts = Load(tensors, experts, range, _spec.Activation),
            Gate = Gate(tensors),
            GateBias = _layer.GateBias is { } bias
                ? tensors.Floats(_files, bias, _layer.Logits, "gate bias")
                : TensorView.None,
            CorrectionBias = _spec.Routing.HasCorrectionBias
                ? tensors.Floats(_files, _layer.CorrectionBias, _layer.Logits, "correction bias")
                : TensorView.None,
            SharedExperts = shared is null ? null : Load(tensors, shared, new(0, 1), _layer.SharedActivation),
            SharedGate = SharedGate(tensors),
        };
        return new LoadedMoeLayer(place, _spec, weights, _files, tensors.HandOver())
        {
            FirstExpert = range.First,
        };
    }

    private ExpertWeights Load(TensorLoader tensors, StoredExperts stored, ExpertRange range, ActivationSpec activation)
    {
        var loader = new ExpertWeightsLoader(tensors, stored, activation.IsInterleaved, range, _options.Parallel);
        var weights = loader.Load(_options.Activations == ActivationQuantization.Config);
        return _layer.OutputBias is { } bias && stored == _layer.Experts ? loader.WithOutputBias(weights, bias) : weights;
    }

    private TensorView Gate(TensorLoader tensors)
    {
        var view = _layer.Matrix(_layer.Gate, _layer.Logits);
        return tensors.Copy(view, "gate");
    }

    // A gate of zeros has the factor 1/2 for every token.
    private TensorView SharedGate(TensorLoader tensors) =>
        _layer.SharedGate is { } name ? tensors.Copy(_layer.Matrix(name, 1), "shared gate")
        : _layer.IsAverage ? tensors.Upload(new float[_spec.Shape.Hidden], new(1, _spec.Shape.Hidden), "shared gate")
        : TensorView.None;
}
