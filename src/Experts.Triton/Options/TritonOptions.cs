namespace FusedMoe.Experts.Triton;

/// <summary>Options of the Triton experts, bound from <c>FusedMoe:PluginOptions:triton-experts</c>.</summary>
public sealed class TritonOptions
{
    /// <summary>Where the options are bound from.</summary>
    public const string SectionName = "FusedMoe:PluginOptions:" + TritonNames.Plugin;

    /// <summary>
    /// True (the default) to let each kernel start while its predecessor drains, on compute capability 9.0 and later.
    /// </summary>
    public bool ProgrammaticLaunch { get; set; } = true;

    /// <summary>
    /// Most (token, slot) pairs that skip sorting and tensor cores; 0 never does. Default 128, at most 1024. Only calls
    /// with at most half as many pairs as experts do, and never a batch-invariant deployment.
    /// </summary>
    public int TinyBatchPairs { get; set; } = 128;

    /// <summary>
    /// Folder of tuned files in vLLM's form, <c>E=…,N=…,device_name=….json</c>; null (the default) for none. A file is used
    /// when its name fits the layer, its data type and the device, and no measured table names a configuration.
    /// </summary>
    public string? TunedFolder { get; set; }
}
