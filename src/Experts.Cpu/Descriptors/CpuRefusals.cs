namespace FusedMoe.Experts.Cpu;

/// <summary>What the CPU experts refuse: one rule a method.</summary>
internal static class CpuRefusals
{
    private static readonly QuantKey[] Weights =
    [
        QuantKeys.Fp8StaticTensor, QuantKeys.Fp8StaticChannel, QuantKeys.Fp8StaticBlock128, QuantKeys.Int8StaticTensor,
        QuantKeys.Int8StaticChannel, QuantKeys.Int8StaticGroup128, QuantKeys.Int4StaticGroup128,
        QuantKeys.Int4StaticGroup128Asymmetric, QuantKeys.Int4StaticGroup32, QuantKeys.Int4StaticGroup32Asymmetric,
        QuantKeys.Nvfp4Static, QuantKeys.Mxfp4Static, QuantKeys.Mxfp8Static,
    ];

    // A key whose scales span blocks of rows has no meaning for rows grouped by expert; a static scale a token would
    // need one value for each (token, expert) pair of the second product.
    private static readonly QuantKey[] Activations =
    [
        QuantKeys.Fp8StaticTensor, QuantKeys.Fp8DynamicTensor, QuantKeys.Fp8DynamicToken, QuantKeys.Fp8DynamicGroup128,
        QuantKeys.Fp8DynamicGroup64, QuantKeys.Fp8DynamicGroup32, QuantKeys.Int8StaticTensor,
        QuantKeys.Int8DynamicTensor,
        QuantKeys.Int8DynamicToken, QuantKeys.Nvfp4Dynamic, QuantKeys.Mxfp4Dynamic, QuantKeys.Mxfp8Dynamic,
    ];

    /// <summary>The device is the host.</summary>
    public static Support Device(DeviceTraits device) => device.Id.Kind == DeviceKind.Cpu
        ? Support.Yes
        : Support.No(
            RefusalCodes.DeviceKind, "device", "cpu", device.Id.ToString(), "choose an experts backend of that device");

    /// <summary>Unquantized types, and both quantization keys.</summary>
    public static Support Quant(QuantSpec quant, DType activation, DType weight)
    {
        if (!activation.IsActivation())
        {
            return Support.No(RefusalCodes.DataType, "activation type", "float32, bf16 or fp16", activation.Name());
        }

        if (quant.Weight is null && !weight.IsActivation())
        {
            return Support.No(RefusalCodes.DataType, "weight type", "float32, bf16 or fp16", weight.Name());
        }

        if (quant.Weight is { } w && !Weights.Contains(w))
        {
            return Support.No(RefusalCodes.QuantScheme, "weight quantization", List(Weights), w.Name);
        }

        return quant.Activation is { } a && !Activations.Contains(a)
            ? Support.No(RefusalCodes.QuantScheme, "activation quantization", "none, " + List(Activations), a.Name)
            : Support.Yes;
    }

    /// <summary>One format.</summary>
    public static Support Format(ActivationFormat wanted, ActivationFormat actual) => wanted == actual
        ? Support.Yes
        : Support.No(
            RefusalCodes.ActivationFormat, "activation format", wanted.Name(), actual.Name(),
            wanted == ActivationFormat.Standard ? "choose 'cpu-batched'" : "choose 'cpu'");

    /// <summary>No graphs on the host.</summary>
    public static Support GraphCapture() => Support.No(
        RefusalCodes.GraphCapture, "graph capture", "off", "on", "set FusedMoe:Deployment:GraphCapture to false");

    /// <summary>No adapters.</summary>
    public static Support Lora(LoraSpec lora) => Support.No(
        RefusalCodes.Lora, "LoRA adapters", "absent", $"{lora.MaxAdapters} of rank {lora.MaxRank}",
        "remove FusedMoe:Deployment:Lora");

    private static string List(QuantKey[] keys) =>
        string.Join(", ", keys[..^1].Select(k => k.Name)) + " or " + keys[^1].Name;
}
