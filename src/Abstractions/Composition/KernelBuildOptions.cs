namespace FusedMoe;

/// <summary>What a kernel is built with beside its plan.</summary>
public sealed record KernelBuildOptions
{
    /// <summary>The opened device; null opens the one of the plan through its provider.</summary>
    public IComputeDevice? Device { get; init; }

    /// <summary>The rank's communicator; null asks the registered provider when the plan needs one.</summary>
    public ICommunicator? Communicator { get; init; }
}
