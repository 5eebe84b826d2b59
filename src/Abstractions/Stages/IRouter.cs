namespace FusedMoe;

/// <summary>Turns router logits into top-k ids and weights as <see cref="RoutingSpec"/> says.</summary>
public interface IRouter : IDisposable
{
    /// <summary>The descriptor that created it.</summary>
    IRouterDescriptor Descriptor { get; }

    /// <summary>Enqueues the routing of M tokens. Allocates nothing after the first call.</summary>
    void Route(in RouteCall call, IComputeStream stream);
}
