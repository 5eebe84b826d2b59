namespace FusedMoe;

/// <summary>Well-known refusal codes. Each has a row in docs/refusals.md.</summary>
public static class RefusalCodes
{
    /// <summary>The driver of a device kind is missing.</summary>
    public static readonly RefusalCode NoDriver = new("no-driver");

    /// <summary>The driver is older than the kernels need.</summary>
    public static readonly RefusalCode DriverVersion = new("driver-version");

    /// <summary>No device of the kind, or not that ordinal.</summary>
    public static readonly RefusalCode NoDevice = new("no-device");

    /// <summary>The stage runs on another kind of device.</summary>
    public static readonly RefusalCode DeviceKind = new("device-kind");

    /// <summary>The compute capability is too low.</summary>
    public static readonly RefusalCode Architecture = new("architecture");

    /// <summary>An activation, weight or output type.</summary>
    public static readonly RefusalCode DataType = new("data-type");

    /// <summary>The combination of weight and activation quantization.</summary>
    public static readonly RefusalCode QuantScheme = new("quant-scheme");

    /// <summary>The arrangement of weights in memory.</summary>
    public static readonly RefusalCode WeightLayout = new("weight-layout");

    /// <summary>The activation function or its parameters.</summary>
    public static readonly RefusalCode Activation = new("activation");

    /// <summary>Layers without a gate.</summary>
    public static readonly RefusalCode NonGated = new("non-gated");

    /// <summary>Biases of the grouped products.</summary>
    public static readonly RefusalCode Bias = new("bias");

    /// <summary>Alignment of the hidden size.</summary>
    public static readonly RefusalCode HiddenAlignment = new("hidden-alignment");

    /// <summary>Alignment of the intermediate size.</summary>
    public static readonly RefusalCode IntermediateAlignment = new("intermediate-alignment");

    /// <summary>Range of top-k.</summary>
    public static readonly RefusalCode TopKLimit = new("top-k-limit");

    /// <summary>Range of the number of experts.</summary>
    public static readonly RefusalCode ExpertLimit = new("expert-limit");

    /// <summary>Router weight on input with more than one expert a token, or not at all.</summary>
    public static readonly RefusalCode RouterWeightOnInput = new("router-weight-on-input");

    /// <summary>Standard against batched activations.</summary>
    public static readonly RefusalCode ActivationFormat = new("activation-format");

    /// <summary>Tensor, data or expert parallelism, or the all-to-all kind.</summary>
    public static readonly RefusalCode Parallel = new("parallel");

    /// <summary>A communicator is needed and none is registered.</summary>
    public static readonly RefusalCode NoCommunicator = new("no-communicator");

    /// <summary>A map from global to local experts.</summary>
    public static readonly RefusalCode ExpertMap = new("expert-map");

    /// <summary>The routing method.</summary>
    public static readonly RefusalCode Routing = new("routing");

    /// <summary>The element type of router logits.</summary>
    public static readonly RefusalCode RouterLogits = new("router-logits");

    /// <summary>Output bits independent of the rest of the batch.</summary>
    public static readonly RefusalCode BatchInvariance = new("batch-invariance");

    /// <summary>Bitwise equal results from run to run.</summary>
    public static readonly RefusalCode Determinism = new("determinism");

    /// <summary>Capture in a graph.</summary>
    public static readonly RefusalCode GraphCapture = new("graph-capture");

    /// <summary>LoRA adapters.</summary>
    public static readonly RefusalCode Lora = new("lora");

    /// <summary>No compiled kernel image for the request.</summary>
    public static readonly RefusalCode NoImage = new("no-image");

    /// <summary>A modular half meets a monolithic half.</summary>
    public static readonly RefusalCode MixedFamilies = new("mixed-families");

    /// <summary>An explicitly named stage is not loaded.</summary>
    public static readonly RefusalCode UnknownName = new("unknown-name");
}
