namespace FusedMoe;

/// <summary>The activation between the grouped products as a step of its own, on one device kind.</summary>
public interface IActivationOps : IDeviceService
{
    /// <summary>Enqueues the activation over the live rows, computed in float32 and rounded once.</summary>
    /// <param name="call">Function, tensors and live rows.</param>
    /// <param name="stream">Orders the work.</param>
    /// <exception cref="ArgumentException">A tensor is missing, or of another shape, type, arrangement or device; names the
    /// tensor, what it must be and what it is. Nothing was enqueued.</exception>
    void Activate(in ActivationCall call, IComputeStream stream);
}
