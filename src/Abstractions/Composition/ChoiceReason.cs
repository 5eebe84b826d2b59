namespace FusedMoe;

/// <summary>On what evidence a chain was chosen, best first.</summary>
public enum ChoiceReason
{
    /// <summary>Configuration or the caller names it.</summary>
    Explicit,

    /// <summary>A measured table for this device and shape says so.</summary>
    Measured,

    /// <summary>It comes first in the priority list among those that can run.</summary>
    Priority,

    /// <summary>A named stage was refused and falling back is allowed by configuration.</summary>
    Fallback,
}
