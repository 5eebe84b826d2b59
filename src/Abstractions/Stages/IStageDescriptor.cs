namespace FusedMoe;

/// <summary>A stage that a plugin offers: its name and what it can do. Constructing one touches no device.</summary>
public interface IStageDescriptor : ICapabilities
{
    /// <summary>Kebab-case name used in configuration; unique within its kind, case-insensitive.</summary>
    string Name { get; }

    /// <summary>One sentence for <c>fusedmoe backends</c>.</summary>
    string Summary { get; }

    /// <summary>Router, prepare/finalize or experts.</summary>
    StageKind Kind { get; }

    /// <summary>The kind of device the stage runs on.</summary>
    DeviceKind DeviceKind { get; }
}
