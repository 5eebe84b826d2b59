using System.Diagnostics;
using System.Reflection;
using FusedMoe.Host.Output;
using FusedMoe.Runtime.Checkpoints;
using Microsoft.Extensions.Options;

namespace FusedMoe.Host;

/// <summary>
/// Which exit code an error has and how it reads. An error that is none of the known ones is a bug of whoever threw it.
/// </summary>
internal static class ErrorReport
{
    private const string StackVariable = "FUSEDMOE_STACK_TRACE";

    /// <summary>Every error has a code.</summary>
    public static ExitCode ExitCodeOf(Exception error) => error switch
    {
        AggregateException several =>
            several.Flatten().InnerExceptions.Select(ExitCodeOf).DefaultIfEmpty(ExitCode.Unexpected).Max(),
        OperationCanceledException => ExitCode.Cancelled,
        CompositionException or DeviceAbsentException => ExitCode.Refused,
        CheckpointException => ExitCode.BadInput,
        DeviceException => ExitCode.DeviceFailed,
        OutputPathException => ExitCode.CannotWrite,
        OptionsValidationException or ArgumentException or InvalidDataException or FileNotFoundException =>
            ExitCode.Misconfigured,
        _ => ExitCode.Unexpected,
    };

    /// <summary>What the user reads: every problem, and no stack trace unless asked for by the environment.</summary>
    public static string TextOf(Exception error)
    {
        var all = error is AggregateException several ? several.Flatten().InnerExceptions.ToArray() : [error];
        var failures = all.OfType<OptionsValidationException>()
            .SelectMany(o => o.Failures)
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        var configuration = failures.Length == 0
            ? []
            : new[] { "The configuration is wrong:" + string.Concat(failures.Select(f => $"{Environment.NewLine}  {f}")) };
        return string.Join(
            Environment.NewLine,
            configuration.Concat(
                all.Where(e => e is not OptionsValidationException).Select(TextOfOne).Distinct(StringComparer.Ordinal)));
    }

    private static string TextOfOne(Exception error) => error switch
    {
        OperationCanceledException => "Stopped.",
        _ when ExitCodeOf(error) != ExitCode.Unexpected => error.Message,
        _ when Environment.GetEnvironmentVariable(StackVariable) is { Length: > 0 } => error.ToString(),
        _ => $"{Origin(error)} threw {error.GetType().Name}: {error.Message.TrimEnd('.')}; "
            + $"this is a defect there, {StackVariable}=1 shows the stack.",
    };

    // Where a library of .NET threw, the defect is its caller's.
    private static string Origin(Exception error)
    {
        var methods = new StackTrace(error).GetFrames().Select(f => f.GetMethod()).OfType<MethodBase>().ToArray();
        var method = methods.FirstOrDefault(m => m.DeclaringType is { } t && !IsOfDotNet(t.Assembly)) ?? error.TargetSite;
        return method?.DeclaringType is { } type
            ? $"{type.Name}.{method.Name} of {type.Assembly.GetName().Name}.dll"
            : "The program";
    }

    private static bool IsOfDotNet(Assembly assembly) => assembly.GetName().Name is { } name
        && (name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal));
}
