namespace FusedMoe;

/// <summary>Turns router logits into top-k ids and weights as <see cref="RoutingSpec"/> says.</summary>
public interface IRouter : IDisposable
{
    /// <summary>The descriptor that created it.</summary>
    IRouterDescriptor Descriptor { get; }

    /// <summary>Enqueues the routing of M tokens. Allocates nothing after the first call.</summary>
    /// <param name="call">Logits, tables of the routing, ids and weights.</param>
    /// <param name="stream">Orders the work.</param>
    /// <exception cref="ArgumentException">A tensor is missing, or of another shape, type, arrangement or device; names the
    /// tensor, what it must be and what it is. Nothing was enqueued or written.</exception>
    void Route(in RouteCall call, IComputeStream stream);
}
