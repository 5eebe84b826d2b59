namespace FusedMoe.Conformance;

/// <summary>All weights of one layer, on the host, in the checkpoint layout.</summary>
internal sealed record LayerWeights
{
    /// <summary>Static scale of the first product's input: hidden states are standard normal.</summary>
    public const float InputScaleRange = 6f;

    /// <summary>Range of the activation's output that the static scale of the second input covers.</summary>
    public const float IntermediateScaleRange = 8f;

    public required QuantizedWeight W13 { get; init; }

    public required QuantizedWeight W2 { get; init; }

    public HostTensor? W13Bias { get; init; }

    public HostTensor? W2Bias { get; init; }

    public HostTensor? A13Scale { get; init; }

    public HostTensor? A2Scale { get; init; }

    public required HostTensor Gate { get; init; }

    public HostTensor? GateBias { get; init; }

    public HostTensor? CorrectionBias { get; init; }

    public HostTensor? HashTable { get; init; }

    public QuantizedWeight? SharedW13 { get; init; }

    public QuantizedWeight? SharedW2 { get; init; }

    public HostTensor? SharedGate { get; init; }

    public RouterTensors RouterTensors => new(CorrectionBias?.ToFloats(), HashTable?.ToInts(), null);

    public long Bytes => W13.Elements.Bytes.LongLength + W2.Elements.Bytes.LongLength;

    /// <summary>The weights of one rank: its experts in local order.</summary>
    public LayerWeights Gather(IReadOnlyList<int> experts) => this with
    {
        W13 = W13.Gather(experts),
        W2 = W2.Gather(experts),
        W13Bias = W13Bias?.Gather(experts),
        W2Bias = W2Bias?.Gather(experts),
    };

    public static LayerWeights Draw(MoeLayerSpec layer, int seed, WeightCache cache)
    {
        var (experts, topK, hidden, intermediate) = layer.Shape;
        var features = layer.Features;
        var (n, all) = (layer.GateUpSize, experts + layer.Routing.FusedSharedExperts);
        var logits = ReferenceRouter.Experts(layer);
        var key = layer.Quant.Weight;
        return DrawShared(layer, seed, cache, new LayerWeights
        {
            W13 = Weight(cache, seed, "w13", new TensorShape(all, n, hidden), key, layer.WeightDType, 1.5f),
            W2 = Weight(cache, seed, "w2", new TensorShape(all, hidden, intermediate), key, layer.WeightDType, 1f),
            W13Bias = features.HasExpertBias ? Tensor(seed, "b13", layer.WeightDType, new(all, n), 0.5f) : null,
            W2Bias = features.HasExpertBias ? Tensor(seed, "b2", layer.WeightDType, new(all, hidden), 0.5f) : null,
            A13Scale = StaticScale(layer.Quant.Activation, InputScaleRange),
            A2Scale = StaticScale(layer.Quant.Activation, IntermediateScaleRange),
            Gate = Tensor(seed, "gate", layer.WeightDType, new(logits, hidden), 1.5f / MathF.Sqrt(hidden)),
            GateBias = features.HasGateBias ? Tensor(seed, "gate-bias", layer.WeightDType, new(logits), 0.5f) : null,
            CorrectionBias = layer.Routing.HasCorrectionBias
                ? Tensor(seed, "correction", DType.Float32, new(logits), 0.2f)
                : null,
            HashTable = layer.Routing.HasHashTable ? Hash(seed, experts, topK) : null,
        });
    }

    private static LayerWeights DrawShared(MoeLayerSpec layer, int seed, WeightCache cache, LayerWeights weights)
    {
        if (layer.Features.SharedExperts is not { } shared)
        {
            return weights;
        }

        var (hidden, dtype) = (layer.Shape.Hidden, layer.WeightDType);
        var rows = layer.Activation.IsGated ? 2 * shared.Intermediate : shared.Intermediate;
        var key = layer.Quant.Weight;
        return weights with
        {
            SharedW13 = Weight(cache, seed, "shared13", new TensorShape(1, rows, hidden), key, dtype, 1.5f),
            SharedW2 = Weight(cache, seed, "shared2", new TensorShape(1, hidden, shared.Intermediate), key, dtype, 1f),
            SharedGate = shared.HasGate
                ? Tensor(seed, "shared-gate", dtype, new(1, hidden), 1f / MathF.Sqrt(hidden))
                : null,
        };
    }

    private static QuantizedWeight Weight(
        WeightCache cache, int seed, string purpose, TensorShape shape, QuantKey? key, DType dtype, float gain) =>
        cache.Draw(seed, purpose, shape, gain / MathF.Sqrt(shape[2]), key, dtype);

    private static HostTensor Tensor(int seed, string purpose, DType dtype, TensorShape shape, float deviation) =>
        HostTensor.FromFloats(dtype, shape, NormalSource.Of(seed, purpose).Normals(shape.Elements, deviation));

    private static HostTensor? StaticScale(QuantKey? key, float range)
    {
        var secondLevel = key?.SecondScale is not null;
        if (key is null || !(key.Scale.IsStatic || secondLevel))
        {
            return null;
        }

        var max = WeightQuantizer.MaxOf(key.Element) * (secondLevel ? NumberCodec.MaxE4M3 : 1f);
        return HostTensor.FromFloats(DType.Float32, new TensorShape(1), [range / max]);
    }

    private static HostTensor Hash(int seed, int experts, int topK)
    {
        var source = NormalSource.Of(seed, "hash");
        var rows = Enumerable.Range(0, LayerInputs.Vocabulary).SelectMany(_ => source.Distinct(topK, experts));
        return HostTensor.FromInts(new TensorShape(LayerInputs.Vocabulary, topK), [.. rows]);
    }
}
