namespace FusedMoe;

/// <summary>Marks the steps of a layer's calls in a profiler of one device kind. Ranges nest and stay on one thread.</summary>
public interface IStepRanges : IDeviceService
{
    /// <summary>Whether steps are marked, or why not; asked when a kernel is built.</summary>
    Support Availability { get; }

    /// <summary>Begins the range of a step. Allocates nothing.</summary>
    void Begin(LayerStep step);

    /// <summary>Ends the range that was begun last.</summary>
    void End();
}
