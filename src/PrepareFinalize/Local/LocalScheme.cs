namespace FusedMoe.PrepareFinalize;

/// <summary>What every scheme says where nothing travels: the caller's rows in the standard layout.</summary>
internal abstract class LocalScheme(IPrepareAndFinalizeDescriptor descriptor) : IPrepareAndFinalizeBase
{
    public IPrepareAndFinalizeDescriptor Descriptor => descriptor;

    public ActivationFormat ActivationFormat => ActivationFormat.Standard;

    public DType? TopKIndicesDType => null;

    public int? MaxTokensPerRank => null;

    public int DispatcherCount => 1;

    public bool OutputIsReduced => false;

    public int MaxDispatchedTokens(int tokens) => tokens;

    public abstract long ScratchBytes(int tokens);

    public abstract void OnComposed(IExpertsBase experts);

    public void Dispose()
    {
    }
}
