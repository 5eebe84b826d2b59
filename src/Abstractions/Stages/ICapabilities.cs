namespace FusedMoe;

/// <summary>
/// Capability queries. All are pure: no device is touched, nothing thrown. The composer asks every one, so that a user
/// sees all obstacles at once. There is no default: each backend answers each question.
/// </summary>
public interface ICapabilities
{
    /// <summary>Kind, architecture, driver and memory of the device.</summary>
    Support SupportsDevice(DeviceTraits device);

    /// <summary>The activation function with its parameters.</summary>
    Support SupportsActivation(ActivationSpec activation);

    /// <summary>Layers whose first product has no gate half.</summary>
    Support SupportsNonGated();

    /// <summary>Biases on both grouped products.</summary>
    Support SupportsBias();

    /// <summary>Weight and activation quantization together with the unquantized types.</summary>
    Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType);

    /// <summary>The parallel configuration, the all-to-all kind included.</summary>
    Support SupportsParallel(ParallelSpec parallel);

    /// <summary>A map from global to local experts.</summary>
    Support SupportsExpertMap();

    /// <summary>The routing method; asked of routers and monolithic experts, others say yes.</summary>
    Support SupportsRouting(RoutingSpec routing);

    /// <summary>Type of router logits; as <see cref="SupportsRouting"/>.</summary>
    Support SupportsRouterLogits(DType dtype);

    /// <summary>Sizes, per rank after tensor parallelism: experts, top-k, hidden, intermediate.</summary>
    Support SupportsShape(MoeShape shape);

    /// <summary>Standard or batched activations.</summary>
    Support SupportsFormat(ActivationFormat format);

    /// <summary>Router weight multiplied into the input.</summary>
    Support SupportsRouterWeightOnInput();

    /// <summary>A row's bits do not depend on the rest of the batch.</summary>
    Support SupportsBatchInvariance();

    /// <summary>Results are bitwise the same from run to run.</summary>
    Support SupportsDeterminism();

    /// <summary>Calls can be captured in a graph.</summary>
    Support SupportsGraphCapture();

    /// <summary>LoRA adapters.</summary>
    Support SupportsLora(LoraSpec lora);
}
