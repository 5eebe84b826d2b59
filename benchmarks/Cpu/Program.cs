using System.Text.Json;
using FusedMoe;
using FusedMoe.Cpu.Benchmarks;
using FusedMoe.Experts.Cpu;

// dotnet run -c Release --project benchmarks/Cpu [--set Avx512] [--quant fp8-static-128x128]
//     [--no-peer] [--out file.json] [--note text]
var set = Enum.Parse<InstructionSet>(Argument("--set") ?? "Auto", ignoreCase: true);
var quant = Argument("--quant") is { } name ? QuantKeys.Find(name) : null;
int[] tokens = [1, 16, 512];

var load = Machine.LoadAverage();
var limits = MachineLimits.Measure();
Console.WriteLine($"copy {limits.CopyGigabytesPerSecond:F1} GB/s, float32 FMA {limits.FmaGigaflops:F0} GFLOP/s");
var figures = new List<LayerFigure>();
using (var layer = new QwenLayer(set, quant))
{
    foreach (var count in tokens)
    {
        figures.Add(layer.Measure(count, limits));
        Console.WriteLine(figures[^1]);
    }
}

var peer = args.Contains("--no-peer") ? [] : TorchPeer.Measure(tokens);
foreach (var figure in peer)
{
    Console.WriteLine(figure);
}

var after = MachineLimits.Measure();
var report = new Report(
    Machine.Describe(), DateTimeOffset.UtcNow, Machine.Commit(),
    "Qwen3-30B-A3B layer: experts 128, top-k 8, hidden 2048, intermediate 768, bf16", load,
    Machine.LoadAverage(), Argument("--note") ?? string.Empty, limits, after, figures, peer);
if (Argument("--out") is { } path)
{
    File.WriteAllText(path, JsonSerializer.Serialize(report, Report.Json) + "\n");
    Console.WriteLine($"wrote {path}");
}

return 0;

string? Argument(string name)
{
    var index = Array.IndexOf(args, name);
    return index >= 0 && index + 1 < args.Length ? args[index + 1] : null;
}
