namespace FusedMoe.PrepareFinalize;

/// <summary>A modular scheme where nothing travels, and nothing is therefore asynchronous.</summary>
internal abstract class LocalModularScheme(IPrepareAndFinalizeDescriptor descriptor)
    : LocalScheme(descriptor), IPrepareAndFinalize
{
    public bool SupportsAsync => false;

    // The consumer of an unfinalized result does all that finalize would have done.
    public bool SupportsDeferredFinalize => true;

    public abstract PreparedInputs Prepare(in PrepareCall call, IComputeStream stream);

    public IPrepareReceiver BeginPrepare(in PrepareCall call, IComputeStream stream) => throw NotAsync();

    public abstract void Finalize(in FinalizeCall call, IComputeStream stream);

    public IFinalizeReceiver BeginFinalize(in FinalizeCall call, IComputeStream stream) => throw NotAsync();

    private NotSupportedException NotAsync() =>
        new($"'{Descriptor.Name}' has no async forms, since nothing travels; call Prepare and Finalize.");
}
