namespace FusedMoe;

/// <summary>Picks and chains stages.</summary>
public interface IMoeKernelComposer
{
    /// <summary>
    /// Composes without touching a device: asks every query of every candidate and chooses by explicit name, measured
    /// table, priority. Never throws for "nothing fits": the plan then has no chain.
    /// </summary>
    /// <param name="layer">The layer.</param>
    /// <param name="deployment">Where and how it runs.</param>
    /// <param name="selection">Names that override configuration; null for configuration's own.</param>
    MoeKernelPlan Compose(MoeLayerSpec layer, DeploymentSpec deployment, StageSelection? selection = null);

    /// <summary>
    /// The buffers that <see cref="Build"/> will reserve for the plan, found without weights and without reserving them; what
    /// preparing weights takes beyond their source is not among them. A gate projection is counted.
    /// </summary>
    /// <param name="plan">A runnable plan.</param>
    /// <param name="options">As for <see cref="Build"/>.</param>
    /// <exception cref="CompositionException">The plan has no chain.</exception>
    IReadOnlyList<BufferReport> Measure(MoeKernelPlan plan, KernelBuildOptions? options = null);

    /// <summary>Creates the stages, prepares weights and reserves every buffer for the deployment's maximum.</summary>
    /// <param name="plan">A runnable plan.</param>
    /// <param name="weights">The layer's tensors on the plan's device; must outlive the kernel.</param>
    /// <param name="options">Device, communicator and shared services; null opens the plan's device.</param>
    /// <exception cref="CompositionException">The plan has no chain.</exception>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, type or device.</exception>
    /// <exception cref="DeviceMemoryException">The device has too little memory; nothing stays allocated.</exception>
    IMoeKernel Build(MoeKernelPlan plan, MoeLayerWeights weights, KernelBuildOptions? options = null);
}
