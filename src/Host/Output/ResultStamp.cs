using System.Globalization;
using System.Reflection;

namespace FusedMoe.Host.Output;

/// <summary>What a result must say beside its figures: on what, when and from which commit it came.</summary>
internal static class ResultStamp
{
    /// <summary>The commit this program was built from, as the SDK stamps it.</summary>
    public static string Commit
    {
        get
        {
            var version = typeof(ResultStamp).Assembly
                .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
            return version?.Split('+') is [_, var commit] ? commit : "unknown";
        }
    }

    /// <summary>Today in UTC, for example <c>2026-11-26</c>.</summary>
    public static string Date => DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>The figures under their stamp.</summary>
    public static object Around(DeviceTraits device, object result) => new
    {
        device = device.Name,
        driver = device.DriverVersion,
        processors = device.Processors,
        instructionSets = device.InstructionSets,
        date = Date,
        commit = Commit,
        result,
    };
}
