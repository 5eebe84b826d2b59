namespace FusedMoe.Experts.Cutlass;

/// <summary>What the CUTLASS experts refuse: one rule a method, pure.</summary>
internal static class CutlassRefusalRules
{
    private const int Capability = 90;
    private const int Alignment = 8;
    private const int MaxExperts = 1024;
    private const int MaxTopK = 32;
    private const string ChooseTriton = "choose 'triton'";

    /// <summary>Hopper alone has the instructions.</summary>
    public static Support Device(DeviceTraits device)
    {
        if (device.Id.Kind != DeviceKind.Cuda)
        {
            return Support.No(RefusalCodes.DeviceKind, "device", "cuda", device.Id.ToString(), "choose 'cpu'");
        }

        return device.ComputeCapability == Capability
            ? Support.Yes
            : Support.No(
                RefusalCodes.Architecture,
                "compute capability",
                "9.0",
                device.ComputeCapabilityText,
                ChooseTriton);
    }

    /// <summary>A building block that another plugin registers.</summary>
    public static Support Service(object? service, string subject) => service is not null
        ? Support.Yes
        : Support.No(CutlassRefusalCodes.DeviceService, subject, "registered", "none", "load the prepare-finalize plugin");

    /// <summary>16-bit types, not quantized.</summary>
    public static Support Quant(QuantSpec quant, DType activation, DType weight)
    {
        if (quant != QuantSpec.None)
        {
            return Support.No(RefusalCodes.QuantScheme, "quantization", "none x none", quant.ToString(), ChooseTriton);
        }

        if (activation is not (DType.BFloat16 or DType.Float16))
        {
            return Support.No(RefusalCodes.DataType, "activation type", "bf16 or fp16", activation.Name(), "choose 'cpu'");
        }

        return weight == activation
            ? Support.Yes
            : Support.No(
                RefusalCodes.DataType, "weight type", $"{activation.Name()} as the activations", weight.Name(),
                "convert the weights when loading");
    }

    /// <summary>TMA moves rows whose length is a multiple of 16 bytes.</summary>
    public static Support Shape(MoeShape shape)
    {
        if (shape.Hidden % Alignment != 0)
        {
            return Aligned(RefusalCodes.HiddenAlignment, "hidden size", shape.Hidden);
        }

        if (shape.Intermediate % Alignment != 0)
        {
            return Aligned(RefusalCodes.IntermediateAlignment, "intermediate size", shape.Intermediate);
        }

        if (shape.Experts > MaxExperts)
        {
            return Support.No(
                RefusalCodes.ExpertLimit, "experts", $"1 to {MaxExperts}", $"{shape.Experts}", "spread the experts over ranks");
        }

        return shape.TopK <= MaxTopK
            ? Support.Yes
            : Support.No(RefusalCodes.TopKLimit, "top-k", $"1 to {MaxTopK}", $"{shape.TopK}", "choose 'cpu'");
    }

    /// <summary>One format.</summary>
    public static Support Format(ActivationFormat wanted, ActivationFormat actual) => wanted == actual
        ? Support.Yes
        : Support.No(
            RefusalCodes.ActivationFormat, "activation format", wanted.Name(), actual.Name(),
            $"choose '{(actual == ActivationFormat.Standard ? CutlassNames.Experts : CutlassNames.Batched)}'");

    /// <summary>Products of few tokens add in another order than the tiles that longer calls take.</summary>
    public static Support Invariance(string? tile) => tile == DecodeHeuristic.Configuration
        ? Support.No(
            RefusalCodes.BatchInvariance, "tile of a batch-invariant layer", "one that takes calls of any length", tile,
            $"remove {CutlassOptions.SectionName}:{nameof(CutlassOptions.Tile)}")
        : Support.Yes;

    /// <summary>No adapters.</summary>
    public static Support Lora(LoraSpec lora) => Support.No(
        RefusalCodes.Lora, "LoRA adapters", "absent", $"{lora.MaxAdapters} of rank {lora.MaxRank}",
        "remove FusedMoe:Deployment:Lora");

    private static Support Aligned(RefusalCode code, string subject, int actual) => Support.No(
        code, subject, $"a multiple of {Alignment}", $"{actual}",
        $"pad to {(actual + Alignment - 1) / Alignment * Alignment} or {ChooseTriton}");
}
