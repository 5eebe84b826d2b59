namespace FusedMoe.Runtime.Checkpoints;

/// <summary>One layer of a checkpoint: what config.json says about it and where its tensors are.</summary>
internal sealed class StoredLayer
{
    private readonly MoeFamily _family;
    private readonly ModelConfig _config;
    private readonly MoeCheckpointLayer _layer;
    private readonly CheckpointFiles _files;

    /// <exception cref="CheckpointException">
    /// Keys of config.json are missing or wrong (all are listed), or the files lack the experts.
    /// </exception>
    public StoredLayer(CheckpointFiles files, ModelConfig config, MoeFamily family, MoeCheckpointLayer layer)
    {
        (_files, _config, _family, _layer) = (files, config, family, layer);
        var (index, sizes) = (layer.Index, family.Sizes);
        var problems = new ConfigProblems();
        Shape = new MoeShape(
            problems.Try(() => config.Size(index, sizes.Experts)),
            problems.Try(() => config.Size(index, sizes.TopK)),
            problems.Try(() => config.Size(index, sizes.Hidden)),
            problems.Try(() => config.Size(index, sizes.Intermediate)));
        var activation = problems.Try(() => family.Activation.Resolve(config, index));
        var routing = problems.Try(() => family.Routing.Resolve(config));
        var stored = problems.Try(() => WeightSchemeReader.Read(config));
        var sharedActivation = problems.Try(() => family.Shared?.Activation?.Resolve(config, index));
        IsAverage = problems.Try(() => family.Shared?.IsAverage(config) == true);
        ActivationDType = problems.Try(ActivationType);
        problems.ThrowIfAny();
        (Activation, SharedActivation, Routing, var scheme) = (activation!, sharedActivation ?? activation!, routing!, stored!);
        Experts = StoredExperts.Find(
            files, layer.Prefix, family.Layouts, scheme, (Shape.Experts, Shape.Hidden, Shape.Intermediate));
        var shared = family.Shared?.Intermediate(config, index, Shape.Intermediate) ?? 0;
        SharedExperts = shared == 0 ? null : FindShared(family.Shared!, scheme, shared);
        IsAverage &= SharedExperts is not null;
        if (IsAverage)
        {
            Routing = RoutingRule.Numbered(Routing with { Scale = Routing.Scale / 2 });
        }

        CheckNothingIsLeftOut();
        CheckSizes();
    }

    public MoeShape Shape { get; }

    public ActivationSpec Activation { get; }

    public RoutingSpec Routing { get; }

    public DType ActivationDType { get; }

    public StoredExperts Experts { get; }

    public StoredExperts? SharedExperts { get; }

    /// <summary>Activation of the shared experts; the layer's without any.</summary>
    public ActivationSpec SharedActivation { get; }

    /// <summary>True when shared and routed experts count one half each.</summary>
    public bool IsAverage { get; }

    /// <summary>Experts that the gate chooses from: the layer's and identity experts.</summary>
    public int Logits => Shape.Experts + Routing.IdentityExperts;

    /// <summary>Name of the bias of the layer's output, or null.</summary>
    public string? OutputBias => _family.OutputBias is { } name ? $"{_layer.Prefix}.{name}" : null;

    public string Gate => Present(_family.Gates);

    public string? GateBias => _family.GateBias is { } name ? $"{_layer.Prefix}.{name}" : null;

    public string CorrectionBias => Present(_family.CorrectionBiases);

    public string? SharedGate =>
        _family.Shared?.GateName is { } name && SharedExperts is not null ? $"{_layer.Prefix}.{name}" : null;

    /// <summary>The layer as backends are asked about it.</summary>
    /// <exception cref="CheckpointException">The sizes contradict each other; all problems are listed.</exception>
    public MoeLayerSpec Spec(ActivationQuantization activations)
    {
        var dtype = ActivationDType;
        var scheme = Experts.Scheme;
        try
        {
            return new MoeLayerSpec(Shape, Routing, Activation, new MoeLayerFeatures
            {
                ActivationDType = dtype,
                WeightDType = scheme.Storage == WeightStorage.Plain ? Experts.PlainType : dtype,
                Quant = QuantOf(scheme, activations),
                HasExpertBias = _family.HasExpertBias || Experts.HasBias || OutputBias is not null,
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

    /// <summary>A projection of the hidden states, checked.</summary>
    public TensorView Matrix(string name, int rows)
    {
        var view = _files.View(name);
        var wanted = new TensorShape(rows, Shape.Hidden);
        return view.Shape == wanted && view.DType.IsActivation()
            ? view
            : throw CheckpointException.Must(
                _files.Folder,
                $"tensor {CheckpointException.Quote(name)}",
                $"hold {wanted} float32, bf16 or fp16 elements as config.json says",
                $"{view.DType.Name()} {view.Shape}",
                "check config.json against the tensors");
    }

    // A checkpoint that quantizes its experts may leave the shared ones alone, and the other way round.
    private SharedExpertsSpec? SharedSpec(ActivationQuantization activations) => SharedExperts is null
        ? null
        : new(
            SharedExperts.Intermediate,
            SharedGate is not null || IsAverage,
            SharedExperts.Scheme == Experts.Scheme ? null : QuantOf(SharedExperts.Scheme, activations))
        {
            Activation = SharedActivation == Activation ? null : SharedActivation,
        };

    private static QuantSpec QuantOf(WeightScheme scheme, ActivationQuantization activations) =>
        new(scheme.Weight, activations == ActivationQuantization.Config ? scheme.Activation : null);

    /// <summary>Shared experts run as a layer of one expert, without biases.</summary>
    private StoredExperts FindShared(SharedExpertsRule rule, WeightScheme scheme, int intermediate)
    {
        var sizes = (1, Shape.Hidden, intermediate);
        var (prefix, layouts, name) = (_layer.Prefix, rule.Layouts(Activation.IsGated), rule.Prefixes[0]);
        var outside = prefix[..prefix.LastIndexOf('.')];
        if (rule.Beside is { } module && _files.Names.Any(n => n.StartsWith($"{outside}.{module}.", StringComparison.Ordinal)))
        {
            (prefix, layouts, name) = (outside, rule.LayoutsBeside(Activation.IsGated), module);
        }

        var shared = StoredExperts.Find(_files, prefix, layouts, scheme, sizes);
        return shared.HasBias
            ? throw CheckpointException.Must(
                _files.Folder,
                $"{prefix}.{name}",
                "have no biases",
                "some",
                "choose a checkpoint without biases")
            : shared;
    }

    /// <summary>A tensor of the layer that is not read is a part of its formula that would be missing.</summary>
    private void CheckNothingIsLeftOut()
    {
        var gates = _family.Gates.Concat([_family.GateBias, _family.OutputBias, _family.Shared?.GateName]);
        var biases = Routing.HasCorrectionBias ? _family.CorrectionBiases : [];
        var known = gates.Concat(biases).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var start = $"{_layer.Prefix}.";
        var unread = _files.Names
            .Where(n => n.StartsWith(start, StringComparison.Ordinal))
            .Where(n => !known.Contains(n[start.Length..]) && !IsOfExperts(n[start.Length..]))
            .Order(StringComparer.Ordinal)
            .ToArray();
        if (unread.Length > 0)
        {
            var shown = string.Join(", ", unread.Take(3).Select(CheckpointException.Quote));
            throw CheckpointException.Must(
                _files.Folder,
                $"every tensor of layer {_layer.Index}",
                $"have a meaning in {_config.ModelType} with the keys of config.json",
                $"{unread.Length} without: {shown}{(unread.Length > 3 ? ", …" : string.Empty)}",
                "correct config.json, or choose a checkpoint without them");
        }
    }

    /// <summary>A plan for sizes that the files do not have would be one for another layer.</summary>
    private void CheckSizes()
    {
        _ = Matrix(Gate, Logits);
        var isPacked = Experts.Scheme.Storage is WeightStorage.Mxfp4 or WeightStorage.PackedInt4;
        var element = isPacked ? Experts.Scheme.Weight!.Element : (DType?)null;
        var size = Experts.Intermediate;
        var first = ExpertParts.First(Experts, Activation.IsInterleaved, 0, size);
        foreach (var part in first.Concat(ExpertParts.Second(Experts, 0, size)))
        {
            _ = StoredMatrices.OfAll(Experts, part, Experts.Scheme.ElementsOf(part.Source.NameOf(0)), element);
        }
    }

    private bool IsOfExperts(string name) =>
        Experts.Layout.Reads(name, Experts.HasBias) || SharedExperts?.Layout.Reads(name, hasBias: false) == true;

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
