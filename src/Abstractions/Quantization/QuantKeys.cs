namespace FusedMoe;

/// <summary>
/// The quantizations in use, after vLLM's QuantKey table. Weights are static; activations static or dynamic.
/// </summary>
public static class QuantKeys
{
    /// <summary>e4m3, one float32 scale an expert: <c>[E]</c>.</summary>
    public static readonly QuantKey Fp8StaticTensor = Fp8("fp8-static-tensor", true, GroupShape.PerTensor);

    /// <summary>e4m3, one float32 scale for the whole input, computed: <c>[1]</c>.</summary>
    public static readonly QuantKey Fp8DynamicTensor = Fp8("fp8-dynamic-tensor", false, GroupShape.PerTensor);

    /// <summary>e4m3, one float32 scale an output channel: <c>[E, N]</c>.</summary>
    public static readonly QuantKey Fp8StaticChannel = Fp8("fp8-static-channel", true, GroupShape.PerChannel);

    /// <summary>e4m3, one given float32 scale a token.</summary>
    public static readonly QuantKey Fp8StaticToken = Fp8("fp8-static-token", true, GroupShape.PerToken);

    /// <summary>e4m3, one computed float32 scale a token: <c>[M, 1]</c>.</summary>
    public static readonly QuantKey Fp8DynamicToken = Fp8("fp8-dynamic-token", false, GroupShape.PerToken);

    /// <summary>e4m3 weights, one float32 scale per 128x128 block: <c>[E, ceil(N/128), ceil(K/128)]</c>.</summary>
    public static readonly QuantKey Fp8StaticBlock128 = Fp8("fp8-static-128x128", true, new(128, 128));

    /// <summary>e4m3 activations, one computed float32 scale per 128x128 block.</summary>
    public static readonly QuantKey Fp8DynamicBlock128 = Fp8("fp8-dynamic-128x128", false, new(128, 128));

    /// <summary>e4m3 activations, one computed float32 scale per 128 columns: <c>[M, ceil(K/128)]</c>.</summary>
    public static readonly QuantKey Fp8DynamicGroup128 = Fp8("fp8-dynamic-1x128", false, GroupShape.Along(128));

    /// <summary>e4m3 activations, one computed float32 scale per 64 columns.</summary>
    public static readonly QuantKey Fp8DynamicGroup64 = Fp8("fp8-dynamic-1x64", false, GroupShape.Along(64));

    /// <summary>e4m3 activations, one computed float32 scale per 32 columns.</summary>
    public static readonly QuantKey Fp8DynamicGroup32 = Fp8("fp8-dynamic-1x32", false, GroupShape.Along(32));

    /// <summary>int8, one float32 scale an expert.</summary>
    public static readonly QuantKey Int8StaticTensor = Int8("int8-static-tensor", true, GroupShape.PerTensor);

    /// <summary>int8, one computed float32 scale for the whole input.</summary>
    public static readonly QuantKey Int8DynamicTensor = Int8("int8-dynamic-tensor", false, GroupShape.PerTensor);

    /// <summary>int8, one float32 scale an output channel.</summary>
    public static readonly QuantKey Int8StaticChannel = Int8("int8-static-channel", true, GroupShape.PerChannel);

    /// <summary>int8, one computed float32 scale a token.</summary>
    public static readonly QuantKey Int8DynamicToken = Int8("int8-dynamic-token", false, GroupShape.PerToken);

    /// <summary>uint8 weights with implied zero 128, one float32 scale per 128 columns: <c>[E, N, K/128]</c>.</summary>
    public static readonly QuantKey Int8StaticGroup128 =
        new("int8-static-group-128", DType.UInt8, new ScaleSpec(DType.Float32, true, GroupShape.Along(128)));

    /// <summary>uint4 weights with implied zero 8, one float32 scale per 128 columns: <c>[E, N, K/128]</c>.</summary>
    public static readonly QuantKey Int4StaticGroup128 = Int4("int4-static-group-128", 128, true);

    /// <summary>uint4 weights with zero points packed along N, <c>[E, N/2, K/128]</c> bytes.</summary>
    public static readonly QuantKey Int4StaticGroup128Asymmetric = Int4("int4-static-group-128-asymmetric", 128, false);

    /// <summary>uint4 weights with implied zero 8, one float32 scale per 32 columns.</summary>
    public static readonly QuantKey Int4StaticGroup32 = Int4("int4-static-group-32", 32, true);

    /// <summary>uint4 weights with zero points, one float32 scale per 32 columns.</summary>
    public static readonly QuantKey Int4StaticGroup32Asymmetric = Int4("int4-static-group-32-asymmetric", 32, false);

    /// <summary>e2m1 with an e4m3 scale per 16 columns and a float32 scale an expert.</summary>
    public static readonly QuantKey Nvfp4Static = Nvfp4("nvfp4-static", true);

    /// <summary>e2m1 activations with computed e4m3 scales per 16 columns and one given float32 scale.</summary>
    public static readonly QuantKey Nvfp4Dynamic = Nvfp4("nvfp4-dynamic", false);

    /// <summary>e2m1 with an e8m0 scale per 32 columns: <c>[E, N, K/32]</c>.</summary>
    public static readonly QuantKey Mxfp4Static = Mx("mxfp4-static", DType.Float4E2M1, true);

    /// <summary>e2m1 activations with computed e8m0 scales per 32 columns.</summary>
    public static readonly QuantKey Mxfp4Dynamic = Mx("mxfp4-dynamic", DType.Float4E2M1, false);

    /// <summary>e4m3 with an e8m0 scale per 32 columns.</summary>
    public static readonly QuantKey Mxfp8Static = Mx("mxfp8-static", DType.Float8E4M3, true);

    /// <summary>e4m3 activations with computed e8m0 scales per 32 columns.</summary>
    public static readonly QuantKey Mxfp8Dynamic = Mx("mxfp8-dynamic", DType.Float8E4M3, false);

    /// <summary>Every key above.</summary>
    public static readonly IReadOnlyList<QuantKey> All =
    [
        Fp8StaticTensor, Fp8DynamicTensor, Fp8StaticChannel, Fp8StaticToken, Fp8DynamicToken, Fp8StaticBlock128,
        Fp8DynamicBlock128, Fp8DynamicGroup128, Fp8DynamicGroup64, Fp8DynamicGroup32, Int8StaticTensor, Int8DynamicTensor,
        Int8StaticChannel, Int8DynamicToken, Int8StaticGroup128, Int4StaticGroup128, Int4StaticGroup128Asymmetric,
        Int4StaticGroup32, Int4StaticGroup32Asymmetric, Nvfp4Static, Nvfp4Dynamic, Mxfp4Static, Mxfp4Dynamic, Mxfp8Static,
        Mxfp8Dynamic,
    ];

    /// <summary>The key named <paramref name="name"/>, or null.</summary>
    public static QuantKey? Find(string name) =>
        All.FirstOrDefault(k => string.Equals(k.Name, name, StringComparison.OrdinalIgnoreCase));

    private static QuantKey Fp8(string name, bool isStatic, GroupShape group) =>
        new(name, DType.Float8E4M3, new ScaleSpec(DType.Float32, isStatic, group));

    private static QuantKey Int8(string name, bool isStatic, GroupShape group) =>
        new(name, DType.Int8, new ScaleSpec(DType.Float32, isStatic, group));

    private static QuantKey Int4(string name, int group, bool symmetric) =>
        new(name, DType.UInt4, new ScaleSpec(DType.Float32, true, GroupShape.Along(group)), IsSymmetric: symmetric);

    private static QuantKey Mx(string name, DType element, bool isStatic) =>
        new(name, element, new ScaleSpec(DType.Float8E8M0, isStatic, GroupShape.Along(32)));

    private static QuantKey Nvfp4(string name, bool isStatic) =>
        new(name, DType.Float4E2M1, new ScaleSpec(DType.Float8E4M3, isStatic, GroupShape.Along(16)),
            new ScaleSpec(DType.Float32, true, GroupShape.PerTensor));
}
