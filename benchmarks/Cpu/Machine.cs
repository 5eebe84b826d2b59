using System.Diagnostics;
using FusedMoe.Cpu;

namespace FusedMoe.Cpu.Benchmarks;

/// <summary>Where and from what a figure comes.</summary>
internal static class Machine
{
    private const string LoadFile = "/proc/loadavg";

    public static string Describe()
    {
        var traits = new CpuDeviceProvider().Discover().Devices[0];
        return $"{traits.Name}, {traits.Processors} processors, {string.Join(" ", traits.InstructionSets)}, "
            + $"{Environment.OSVersion.VersionString}, .NET {Environment.Version}";
    }

    /// <summary>Runnable threads over the last 1, 5 and 15 minutes: figures of a busy machine are no figures.</summary>
    public static string LoadAverage() =>
        File.Exists(LoadFile) ? string.Join(' ', File.ReadAllText(LoadFile).Split(' ').Take(3)) : "unknown";

    public static string Commit()
    {
        using var git = Process.Start(
            new ProcessStartInfo("git", ["describe", "--always", "--dirty"]) { RedirectStandardOutput = true });
        return git?.StandardOutput.ReadToEnd().Trim() ?? "unknown";
    }
}
