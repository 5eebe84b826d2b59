namespace FusedMoe.Conformance;

/// <summary>The points of the capability space that cases visit, by name.</summary>
internal static class LayerVariants
{
    public static IReadOnlyList<(string Name, ActivationSpec Spec)> Activations { get; } =
    [
        ("silu", ActivationSpec.Silu),
        ("silu-limit", new(ActivationKind.Silu, limit: 1.5f)),
        ("gelu", new(ActivationKind.Gelu)),
        ("gelu-tanh", new(ActivationKind.GeluTanh)),
        ("swigluoai", new(ActivationKind.SwigluOai)),
        ("swigluoai-limit", new(ActivationKind.SwigluOai, limit: 1.5f)),
        ("swigluoai-uninterleave", new(ActivationKind.SwigluOaiUninterleave, limit: 1.5f, alpha: 1.702f, beta: 1f)),
        ("swigluoai-uninterleave-defaults", new(ActivationKind.SwigluOaiUninterleave, limit: 1.5f)),
        ("swiglustep", new(ActivationKind.SwigluStep)),
        ("swiglustep-limit", new(ActivationKind.SwigluStep, limit: 1f)),
        ("situ", new(ActivationKind.Situ, beta: 4f, linearBeta: 25f)),
        ("situ-without-linear-beta", new(ActivationKind.Situ, beta: 2f)),
        ("silu-no-mul", new(ActivationKind.SiluNoMul)),
        ("gelu-no-mul", new(ActivationKind.GeluNoMul)),
        ("gelu-tanh-no-mul", new(ActivationKind.GeluTanhNoMul)),
        ("relu2-no-mul", new(ActivationKind.Relu2NoMul)),
    ];

    /// <summary>Routings for 8 or more experts in groups of 4; top-k follows the method.</summary>
    public static IReadOnlyList<(string Name, RoutingSpec Spec)> Routings { get; } =
    [
        ("default", RoutingSpec.For(RoutingMethod.Default)),
        ("renormalize", RoutingSpec.For(RoutingMethod.Renormalize)),
        ("deepseek-v3", RoutingSpec.For(RoutingMethod.DeepSeekV3, groups: 2, groupsKept: 1, scale: 2.5f)),
        ("deepseek-v3-one-group", RoutingSpec.For(RoutingMethod.DeepSeekV3, scale: 1.5f)),
        ("llama4", RoutingSpec.For(RoutingMethod.Llama4)),
        ("renormalize-naive", RoutingSpec.For(RoutingMethod.RenormalizeNaive)),
        ("top-k", RoutingSpec.For(RoutingMethod.TopK)),
        ("sigmoid-renorm", RoutingSpec.For(RoutingMethod.SigmoidRenorm)),
        ("minimax2", RoutingSpec.For(RoutingMethod.MiniMax2)),
        ("sigmoid", RoutingSpec.For(RoutingMethod.Sigmoid)),
        ("deepseek-v4", RoutingSpec.For(RoutingMethod.DeepSeekV4, scale: 2f)),
        ("hash", RoutingSpec.For(RoutingMethod.DeepSeekV4) with { HasHashTable = true, HasCorrectionBias = false }),
        ("sparse-mixer", RoutingSpec.For(RoutingMethod.Custom)),
        ("grouped-softmax", new() { Groups = 2, GroupsKept = 1, Renormalize = true }),
        ("grouped-softmax-scaled", new() { Groups = 4, GroupsKept = 2, Scale = 16f }),
        ("softmax-bias", new() { HasCorrectionBias = true, Renormalize = true, RenormalizeFloor = 1e-20f }),
        ("sigmoid-scaled", new() { Score = ScoreFunction.Sigmoid, Scale = 2.5f }),
    ];

    /// <summary>Pairs of keys that checkpoints use, weights alone first.</summary>
    public static IReadOnlyList<QuantSpec> NaturalQuants { get; } =
    [
        .. WeightKeys.Select(w => new QuantSpec(w, null)),
        new(QuantKeys.Fp8StaticTensor, QuantKeys.Fp8StaticTensor),
        new(QuantKeys.Fp8StaticTensor, QuantKeys.Fp8DynamicTensor),
        new(QuantKeys.Fp8StaticTensor, QuantKeys.Fp8DynamicToken),
        new(QuantKeys.Fp8StaticChannel, QuantKeys.Fp8StaticTensor),
        new(QuantKeys.Fp8StaticChannel, QuantKeys.Fp8DynamicToken),
        new(QuantKeys.Fp8StaticBlock128, QuantKeys.Fp8DynamicGroup128),
        new(QuantKeys.Int8StaticTensor, QuantKeys.Int8DynamicTensor),
        new(QuantKeys.Int8StaticChannel, QuantKeys.Int8DynamicToken),
        new(QuantKeys.Mxfp4Static, QuantKeys.Mxfp8Dynamic),
        new(QuantKeys.Mxfp4Static, QuantKeys.Mxfp4Dynamic),
        new(QuantKeys.Mxfp8Static, QuantKeys.Mxfp8Dynamic),
        new(QuantKeys.Nvfp4Static, QuantKeys.Nvfp4Dynamic),
    ];

    /// <summary>Every weight key with every activation key, and without.</summary>
    public static IReadOnlyList<QuantSpec> AllQuants { get; } =
    [
        .. WeightKeys.SelectMany(w => ActivationKeys.Select(a => new QuantSpec(w, a)).Prepend(new QuantSpec(w, null))),
    ];

    public static IReadOnlyList<DType> ActivationTypes { get; } = [DType.BFloat16, DType.Float32, DType.Float16];

    /// <summary>Static keys that weights come in; the per-token one is for activations.</summary>
    private static IEnumerable<QuantKey> WeightKeys =>
        QuantKeys.All.Where(k => k.Scale.IsStatic && k.Scale.Group != GroupShape.PerToken);

    /// <summary>
    /// Keys that activations are quantized by at both products: dynamic ones, and per-tensor static ones. Blocks over
    /// several rows are left out: which rows share a block after permuting is the backend's own business.
    /// </summary>
    private static IEnumerable<QuantKey> ActivationKeys =>
        QuantKeys.All.Where(k => !k.Scale.IsStatic || k.Scale.Group == GroupShape.PerTensor)
            .Where(k => k.Scale.Group.Rows <= 1);

    public static string NameOf(QuantSpec quant) =>
        $"{quant.Weight?.Name ?? "none"}+{quant.Activation?.Name ?? "none"}";
}
