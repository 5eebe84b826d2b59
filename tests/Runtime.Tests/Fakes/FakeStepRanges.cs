namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Logs ranges once it is told to mark them.</summary>
internal sealed class FakeStepRanges(CallLog log) : IStepRanges
{
    public bool IsMarking { get; set; }

    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public Support Availability => IsMarking ? Support.Yes : Support.No(new RefusalCode("off"), "ranges", "on", "off");

    public void Begin(LayerStep step) => log.Add($"begin {step}");

    public void End() => log.Add("end");
}
