namespace FusedMoe;

/// <summary>A point in a stream's work that can be timed.</summary>
public interface IComputeEvent : IDisposable
{
    /// <summary>
    /// Waits for this event, then gives the device time since <paramref name="earlier"/>, in microseconds (resolution of the
    /// device's clock: about 0.5 µs on a GPU).
    /// </summary>
    /// <exception cref="InvalidOperationException">One of the two was never recorded.</exception>
    double MicrosecondsSince(IComputeEvent earlier);
}
