namespace FusedMoe;

/// <summary>The activation between the grouped products as a step of its own, on one device kind.</summary>
public interface IActivationOps : IDeviceService
{
    /// <summary>Enqueues the activation over the live rows, computed in float32 and rounded once.</summary>
    void Activate(in ActivationCall call, IComputeStream stream);
}
