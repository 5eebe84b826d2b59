using System.Diagnostics;
using System.Text.Json;

namespace FusedMoe.Cpu.Benchmarks;

/// <summary>Runs benchmarks/cpu_torch_peer.py as a child and reads its figures, one JSON object a line.</summary>
internal static class TorchPeer
{
    private const string Python = "/usr/bin/python3";
    private const string Script = "benchmarks/cpu_torch_peer.py";

    public static IReadOnlyList<PeerFigure> Measure(IEnumerable<int> tokens)
    {
        string[] arguments = [Script, .. tokens.Select(t => $"{t}")];
        using var process = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{Python} did not start; install python3 and python3-torch.");
        var figures = new List<PeerFigure>();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            figures.Add(JsonSerializer.Deserialize<PeerFigure>(line, Report.Json)!);
        }

        process.WaitForExit();
        return process.ExitCode == 0
            ? figures
            : throw new InvalidOperationException(
                $"{Script} ended with code {process.ExitCode}; it needs Debian's python3-torch.");
    }
}
