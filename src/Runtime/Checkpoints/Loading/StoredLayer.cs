namespace FusedMoe.Runtime.Checkpoints;

/// <summary>One layer of a checkpoint: what config.json says about it and where its tensors are.</summary>
internal sealed class StoredLayer
{
    private readonly MoeFamily _family;
    private readonly ModelConfig _config;
    private readonly MoeCheckpointLayer _layer;
    private readonly CheckpointFiles _files;

    /// <exception cref="CheckpointException">config.json lacks a key, or the files lack the experts.</exception>
    public StoredLayer(CheckpointFiles files, ModelConfig config, MoeFamily family, MoeCheckpointLayer layer)
    {
        (_files, _config, _family, _layer) = (files, config, family, layer);
        var (index, sizes) = (layer.Index, family.Sizes);
        Shape = new MoeShape(
            config.Size(index, sizes.Experts),
            config.Size(index, sizes.TopK),
            config.Size(index, sizes.Hidden),
            config.Size(index, sizes.Intermediate));
        Activation = family.Activation.Resolve(config);
        var scheme = WeightSchemeReader.Read(config);
        Experts = StoredExperts.Find(
            files, layer.Prefix, family.Layouts, scheme, (Shape.Experts, Shape.Hidden, Shape.Intermediate));
        var shared = family.Shared?.Intermediate(config, index, Shape.Intermediate) ?? 0;
        SharedExperts = shared == 0 ? null : FindShared(family.Shared!, scheme, shared);
    }

    public MoeShape Shape { get; }

    public ActivationSpec Activation { get; }

    public StoredExperts Experts { get; }

    public StoredExperts? SharedExperts { get; }

    public string Gate => Present(_family.Gates);

    public string? GateBias => _family.GateBias is { } name ? $"{_layer.Prefix}.{name}" : null;

    public string CorrectionBias => Present(_family.CorrectionBiases);

    public string? SharedGate =>
        _family.Shared?.GateName is { } name && SharedExperts is not null ? $"{_layer.Prefix}.{name}" : null;

    /// <summary>The layer as backends are asked about it.</summary>
    /// <exception cref="CheckpointException">The sizes contradict each other; all problems are listed.</exception>
    public MoeLayerSpec Spec(ActivationQuantization activations)
    {
        var dtype = ActivationType();
        var scheme = Experts.Scheme;
        try
        {
            return new MoeLayerSpec(Shape, _family.Routing.Resolve(_config), Activation, new MoeLayerFeatures
            {
                ActivationDType = dtype,
                WeightDType = scheme.Storage == WeightStorage.Plain ? Experts.PlainType : dtype,
                Quant = QuantOf(scheme, activations),
                HasExpertBias = _family.HasExpertBias || Experts.HasBias,
                HasGateBias = GateBias is not null,
                RouterWeightOnInput = _family.RouterWeightOnInput,
                SharedExperts = SharedSpec(activations),
            });
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(_config.File, $"{_config.File}: {e.Message}", e);
        }
    }

    // A checkpoint that quantizes its experts may leave the shared ones alone, and the other way round.
    private SharedExpertsSpec? SharedSpec(ActivationQuantization activations) => SharedExperts is null
        ? null
        : new(
            SharedExperts.Intermediate,
            SharedGate is not null,
            SharedExperts.Scheme == Experts.Scheme ? null : QuantOf(SharedExperts.Scheme, activations));

    private static QuantSpec QuantOf(WeightScheme scheme, ActivationQuantization activations) =>
        new(scheme.Weight, activations == ActivationQuantization.Config ? scheme.Activation : null);

    /// <summary>Shared experts run as a layer of one expert, without biases.</summary>
    private StoredExperts FindShared(SharedExpertsRule rule, WeightScheme scheme, int intermediate)
    {
        var sizes = (1, Shape.Hidden, intermediate);
        var shared = StoredExperts.Find(_files, _layer.Prefix, [rule.Layout(Activation.IsGated)], scheme, sizes);
        return shared.HasBias
            ? throw CheckpointException.Must(
                _files.Folder,
                $"{_layer.Prefix}.{rule.Prefix}",
                "have no biases",
                "some",
                "choose a checkpoint without biases")
            : shared;
    }

    private DType ActivationType()
    {
        var name = _config.OptionalText("dtype", "torch_dtype");
        return name switch
        {
            null or "bfloat16" => DType.BFloat16,
            "float16" => DType.Float16,
            "float32" => DType.Float32,
            _ => throw _config.Wrong(["dtype"], "be bfloat16, float16 or float32", CheckpointException.Quote(name)),
        };
    }

    private string Present(IReadOnlyList<string> names) =>
        names.Select(n => $"{_layer.Prefix}.{n}").FirstOrDefault(_files.Contains) ?? $"{_layer.Prefix}.{names[0]}";
}
