namespace FusedMoe.Runtime;

/// <summary>
/// Options of <c>FusedMoe:Deployment</c>; <see cref="DeploymentSpecFactory"/> makes a <see cref="DeploymentSpec"/> of
/// them.
/// </summary>
public sealed class DeploymentOptions
{
    /// <summary>
    /// <c>auto</c> (the first CUDA device, else the CPU), <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>. Default:
    /// <c>auto</c>.
    /// </summary>
    public string Device { get; set; } = DeviceNames.Auto;

    /// <summary>Most tokens one call may bring; sizes every buffer. 1 to 1048576. Default: 1024.</summary>
    public int MaxTokens { get; set; } = 1024;

    /// <summary>True when calls are captured in a graph. Default: false.</summary>
    public bool GraphCapture { get; set; }

    /// <summary>True when a row's bits must not depend on the other rows. Default: false.</summary>
    public bool BatchInvariant { get; set; }

    /// <summary>True when results must be bitwise the same from run to run. Default: true.</summary>
    public bool Deterministic { get; set; } = true;

    /// <summary>
    /// True when the consumer takes the experts' output before weighting and reduction, if the chain can give it.
    /// Default: false.
    /// </summary>
    public bool DeferFinalize { get; set; }

    /// <summary>Parallel ranks. Default: one rank.</summary>
    public ParallelOptions Parallel { get; set; } = new();

    /// <summary>LoRA adapters served; null for none. Default: null.</summary>
    public LoraOptions? Lora { get; set; }
}
