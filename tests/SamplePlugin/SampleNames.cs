namespace FusedMoe.SamplePlugin;

/// <summary>The name the backend has in configuration.</summary>
internal static class SampleNames
{
#if FORGETS_ROUTER_WEIGHT
    public const string Experts = "sample-wrong";
#else
    public const string Experts = "sample";
#endif
}
