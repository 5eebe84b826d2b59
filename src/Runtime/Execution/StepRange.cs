namespace FusedMoe.Runtime;

/// <summary>Marks one step of a call from its making to its disposal; nothing without a profiler.</summary>
internal readonly ref struct StepRange : IDisposable
{
    private readonly IStepRanges? _ranges;

    /// <summary>Begins <paramref name="step"/>.</summary>
    public StepRange(IStepRanges? ranges, LayerStep step)
    {
        _ranges = ranges;
        ranges?.Begin(step);
    }

    /// <summary>Ends it.</summary>
    public void Dispose() => _ranges?.End();
}
