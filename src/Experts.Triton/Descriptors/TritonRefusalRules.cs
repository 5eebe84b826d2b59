using FusedMoe.Cuda;

namespace FusedMoe.Experts.Triton;

/// <summary>What the Triton experts refuse: one rule a method, pure.</summary>
internal static class TritonRefusalRules
{
    private const int MinCapability = 80;
    private const int MaxExperts = 1024;
    private const int MaxTopK = 32;
    private const string Choose = "choose another experts backend";
    private const string ChooseStandard = $"choose '{TritonNames.Standard}'";

    /// <summary>A CUDA device that an image runs on.</summary>
    public static Support Device(DeviceTraits device, TritonImages images) =>
        Device(device, images, "weighted_sum_bf16_k1_any");

    /// <summary>A CUDA device that an image of the batched format runs on; there are no portable ones.</summary>
    public static Support BatchedDevice(DeviceTraits device, TritonImages images) =>
        Device(device, images, "activate_rows_bf16_gelu_batched");

    private static Support Device(DeviceTraits device, TritonImages images, string sample)
    {
        if (device.Id.Kind != DeviceKind.Cuda)
        {
            return Support.No(RefusalCodes.DeviceKind, "device", "cuda", device.Id.ToString(), "choose 'cpu'");
        }

        if (device.ComputeCapability < MinCapability)
        {
            return Support.No(
                RefusalCodes.Architecture, "compute capability", "at least 8.0", device.ComputeCapabilityText,
                "choose 'cpu'");
        }

        if (images.Best(sample, device.ComputeCapability) is not { } key)
        {
            return Support.No(
                RefusalCodes.NoImage, "kernel image",
                $"built for compute capability {device.ComputeCapabilityText}",
                $"none among {images.Count} kernels", "run tools/build-triton-kernels.py and rebuild");
        }

        return images[key].ImageFor(device.ComputeCapability)!.IsPtx ? KernelImage.SupportsPtx(device) : Support.Yes;
    }

    /// <summary>The alignment that sorts pairs comes from another plugin.</summary>
    public static Support Alignment(IExpertAlignment? alignment) => alignment is not null
        ? Support.Yes
        : Support.No(
            TritonRefusalCodes.DeviceService, "expert alignment on cuda", "registered", "none",
            "load the prepare-finalize plugin");

    /// <summary>Types and quantization that a kernel exists for.</summary>
    public static Support Quant(QuantSpec quant, DType activation, DType weight)
    {
        if (activation is not (DType.BFloat16 or DType.Float16))
        {
            return Support.No(RefusalCodes.DataType, "activation type", "bf16 or fp16", activation.Name(), Choose);
        }

        if (quant.Weight is null && weight != activation)
        {
            return Support.No(
                RefusalCodes.DataType, "weight type", $"{activation.Name()} as the activations", weight.Name(),
                "convert the weights when loading");
        }

        if (TritonScheme.For(quant, activation) is not { } scheme)
        {
            return Support.No(RefusalCodes.QuantScheme, "quantization", TritonScheme.Accepted, quant.ToString(),
                Choose);
        }

        return scheme.Family == TritonKernelFamily.Grouped || activation == DType.BFloat16
            ? Support.Yes
            : Support.No(RefusalCodes.DataType, "activation type of quantized layers", "bf16", activation.Name(), Choose);
    }

    /// <summary>Products of a scheme that images exist for on a device which the plugin takes as such.</summary>
    public static Support Images(DeviceTraits device, TritonScheme scheme, bool isBatched, TritonImages images)
    {
        var isTaken = (isBatched ? BatchedDevice(device, images) : Device(device, images)).IsYes;
        if (!isTaken || images.HasProducts(scheme, isBatched, device.ComputeCapability))
        {
            return Support.Yes;
        }

        var built = string.Join(", ", images.Architectures(scheme.Prefix, isBatched));
        return Support.No(
            RefusalCodes.NoImage, $"kernel image '{scheme.Prefix}'{(isBatched ? " of the batched format" : string.Empty)}",
            $"built for compute capability {device.ComputeCapabilityText}", built.Length > 0 ? built : "none",
            Other(isBatched, () => images.HasProducts(scheme, false, device.ComputeCapability)));
    }

    /// <summary>Sizes that images of a scheme exist for on a device, where any do.</summary>
    public static Support Sizes(DeviceTraits device, MoeShape shape, TritonScheme scheme, bool isBatched, TritonImages images)
    {
        var capability = device.ComputeCapability;
        if (!images.HasProducts(scheme, isBatched, capability)
            || images.HasProducts(scheme, shape.Hidden, shape.Intermediate, isBatched, capability))
        {
            return Support.Yes;
        }

        var multiple = ProductShape.DepthMultiple(scheme);
        var (code, subject, size) = shape.Hidden % multiple != 0
            ? (RefusalCodes.HiddenAlignment, "hidden size", shape.Hidden)
            : (RefusalCodes.IntermediateAlignment, "intermediate size", shape.Intermediate);
        return Support.No(
            code, $"{subject} of layers quantized {scheme.Quant}", $"a multiple of {multiple}", $"{size}",
            Other(isBatched, () => images.HasProducts(scheme, shape.Hidden, shape.Intermediate, false, capability)));
    }

    /// <summary>The quantizer of the second product's input comes from another plugin.</summary>
    public static Support Quantizer(QuantSpec quant, IActivationQuantizer? quantizer)
    {
        if (quant.Activation is not { } key)
        {
            return Support.Yes;
        }

        return quantizer is null
            ? Support.No(
                TritonRefusalCodes.DeviceService, "activation quantizer on cuda", "registered", "none",
                "load the prepare-finalize plugin")
            : quantizer.Supports(key);
    }

    /// <summary>Sizes.</summary>
    public static Support Shape(MoeShape shape)
    {
        if (shape.Experts > MaxExperts)
        {
            return Support.No(RefusalCodes.ExpertLimit, "experts", $"1 to {MaxExperts}", $"{shape.Experts}", Choose);
        }

        if (shape.TopK > MaxTopK)
        {
            return Support.No(RefusalCodes.TopKLimit, "top-k", $"1 to {MaxTopK}", $"{shape.TopK}", Choose);
        }

        var elements = 2L * shape.Hidden * shape.Intermediate;
        return elements <= int.MaxValue
            ? Support.Yes
            : Support.No(
                TritonRefusalCodes.WeightSize, "weight of one expert", $"at most {int.MaxValue} elements", $"{elements}",
                "split the intermediate size over tensor-parallel ranks");
    }

    /// <summary>One format.</summary>
    public static Support Format(ActivationFormat wanted, ActivationFormat actual) => wanted == actual
        ? Support.Yes
        : Support.No(
            RefusalCodes.ActivationFormat, "activation format", wanted.Name(), actual.Name(),
            wanted == ActivationFormat.Standard ? $"choose '{TritonNames.Batched}'" : ChooseStandard);

    /// <summary>No adapters.</summary>
    public static Support Lora(LoraSpec lora) => Support.No(
        RefusalCodes.Lora, "LoRA adapters", "absent", $"{lora.MaxAdapters} of rank {lora.MaxRank}",
        "remove FusedMoe:Deployment:Lora");

    // The standard format has images of everything that the batched one has, and more.
    private static string Other(bool isBatched, Func<bool> isTakenByStandard) =>
        isBatched && isTakenByStandard() ? ChooseStandard : Choose;
}
