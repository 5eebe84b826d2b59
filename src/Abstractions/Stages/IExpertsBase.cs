namespace FusedMoe;

/// <summary>
/// What modular and monolithic experts have in common. One object serves one layer; calls are not concurrent.
/// </summary>
public interface IExpertsBase : IDisposable
{
    /// <summary>The descriptor that created it.</summary>
    IFusedExpertsDescriptor Descriptor { get; }

    /// <summary>
    /// Brings weights into <see cref="IFusedExpertsDescriptor.WeightLayout"/>, once, at load. The source must stay
    /// alive as long as the result. When the layout is the source's own nothing is copied.
    /// </summary>
    /// <exception cref="ArgumentException">A tensor is missing, has a shape or type that the layer does not have, or is on
    /// another device than the stage; names the tensor, both shapes, types or devices and the fix. Nothing was allocated or
    /// enqueued.</exception>
    IPreparedWeights PrepareWeights(ExpertWeights source, IComputeStream stream);

    /// <summary>
    /// Shapes of scratch and output for a call, in elements of <see cref="WorkspaceDType"/>. Never shrinks as tokens
    /// grow.
    /// </summary>
    WorkspaceShapes WorkspaceShapes(in ExpertsProblem problem);

    /// <summary>Element type of workspaces and output; by default the activation type.</summary>
    DType WorkspaceDType { get; }
}
