namespace FusedMoe;

/// <summary>What a stage is created for. Validated before any stage is created.</summary>
/// <param name="Layer">The layer, with this rank's intermediate size when experts are split over tensor ranks.</param>
/// <param name="Deployment">Where and how it runs.</param>
/// <param name="Device">The opened device.</param>
/// <param name="LocalExperts">Experts of this rank.</param>
/// <param name="Communicator">The rank's communicator when <see cref="ParallelSpec.UsesAllToAll"/>; null otherwise. The
/// kernel owns it.</param>
public sealed record StageContext(
    MoeLayerSpec Layer, DeploymentSpec Deployment, IComputeDevice Device, int LocalExperts, ICommunicator? Communicator);
