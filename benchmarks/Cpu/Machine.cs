using System.Diagnostics;
using FusedMoe.Cpu;

namespace FusedMoe.Cpu.Benchmarks;

/// <summary>Where and from what a figure comes.</summary>
internal static class Machine
{
    public static string Describe()
    {
        var traits = new CpuDeviceProvider().Discover().Devices[0];
        return $"{traits.Name}, {traits.Processors} processors, {string.Join(" ", traits.InstructionSets)}, "
            + $"{Environment.OSVersion.VersionString}, .NET {Environment.Version}";
    }

    public static string Commit()
    {
        using var git = Process.Start(
            new ProcessStartInfo("git", ["describe", "--always", "--dirty"]) { RedirectStandardOutput = true });
        return git?.StandardOutput.ReadToEnd().Trim() ?? "unknown";
    }
}
