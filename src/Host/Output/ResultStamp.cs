using System.Globalization;
using System.Reflection;

namespace FusedMoe.Host.Output;

/// <summary>What a result must say beside its figures: on what, when and from which commit it came.</summary>
internal static class ResultStamp
{
    /// <summary>The commit this program was built from, as the SDK stamps it.</summary>
    private static string Commit
    {
        get
        {
            var version = typeof(ResultStamp).Assembly
                .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
            return version?.Split('+') is [_, var commit] ? commit : "unknown";
        }
    }

    /// <summary>The figures under their stamp.</summary>
    public static object Around(DeviceTraits device, object result) => new
    {
        device = device.Name,
        driver = device.DriverVersion,
        processors = device.Processors,
        instructionSets = device.InstructionSets,
        date = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        commit = Commit,
        result,
    };
}
