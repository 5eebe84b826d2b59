namespace FusedMoe.Runtime;

/// <summary>Options of <c>FusedMoe:Deployment:Lora</c>.</summary>
public sealed class LoraOptions
{
    /// <summary>Adapters loaded at once, at least 1. Default: 1.</summary>
    public int MaxAdapters { get; set; } = 1;

    /// <summary>Largest rank of an adapter, 1 to 1024. Default: 16.</summary>
    public int MaxRank { get; set; } = 16;
}
