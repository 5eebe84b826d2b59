namespace FusedMoe.Host;

/// <summary>What the process returns. Documented in docs/command-line.md.</summary>
public enum ExitCode
{
    /// <summary>Everything asked for was done and held.</summary>
    Success = 0,

    /// <summary>The work was done and a check did not hold: an error above the tolerance, a failed conformance case.</summary>
    CheckFailed = 1,

    /// <summary>The command line or the configuration is wrong; every problem is listed.</summary>
    Misconfigured = 2,

    /// <summary>No chain can run the layer, or the device is not there; every refusal is listed.</summary>
    Refused = 3,

    /// <summary>A checkpoint or recording cannot be read.</summary>
    BadInput = 4,

    /// <summary>The device failed or has too little memory.</summary>
    DeviceFailed = 5,

    /// <summary>An output file cannot be written.</summary>
    CannotWrite = 6,

    /// <summary>A defect of the program or of a plugin, which is named.</summary>
    Unexpected = 7,

    /// <summary>Stopped by Ctrl-C.</summary>
    Cancelled = 130,
}
