using FusedMoe.Host.Output;
using FusedMoe.Runtime.Checkpoints;
using Microsoft.Extensions.Options;

namespace FusedMoe.Host;

/// <summary>Which exit code an error has and how it reads. Errors that are none of these are bugs and keep their stack.</summary>
internal static class ErrorReport
{
    public static ExitCode? ExitCodeOf(Exception error) => error switch
    {
        OperationCanceledException => ExitCode.Cancelled,
        CompositionException or DeviceAbsentException => ExitCode.Refused,
        CheckpointException => ExitCode.BadInput,
        DeviceException => ExitCode.DeviceFailed,
        OutputPathException => ExitCode.CannotWrite,
        OptionsValidationException or ArgumentException or InvalidDataException or FileNotFoundException => ExitCode.Misconfigured,
        _ => null,
    };

    public static string TextOf(Exception error) => error switch
    {
        OperationCanceledException => "Stopped.",
        OptionsValidationException options =>
            "The configuration is wrong:" + string.Concat(options.Failures.Select(f => $"{Environment.NewLine}  {f}")),
        _ => error.Message,
    };
}
