using System.Text.Json;
using FusedMoe.Cuda;
using FusedMoe.Cuda.Benchmarks;
using FusedMoe.Host.Output;

// dotnet run -c Release --project benchmarks/Cuda [-- file.json]
using var provider = new CudaDeviceProvider();
var found = provider.Discover();
if (found.Devices.Count == 0)
{
    Console.Error.WriteLine(string.Join(Environment.NewLine, found.Refusals));
    return 1;
}

var device = (CudaDevice)provider.Open(found.Devices[0].Id.Index);
var launches = new List<LaunchFigure>();
foreach (var count in new[] { 16, 200 })
{
    var launch = LaunchCost.Measure(device, count);
    launches.Add(launch);
    Console.WriteLine(
        $"{count} in a row: a launch takes {launch.Microseconds:F2} µs of host time "
        + $"(cuLaunchKernel alone {launch.BareMicroseconds:F2}, cuLaunchKernelEx {launch.BareExtendedMicroseconds:F2}), "
        + $"a programmatic one {launch.ProgrammaticMicroseconds:F2} (alone {launch.BareProgrammaticMicroseconds:F2}), "
        + $"and {launch.AllocatedBytes:F3} managed bytes");
}

var chains = new List<ChainFigure>();
foreach (var tokens in new[] { 1, 4, 16, 64 })
{
    using var chain = new SmallChain(device, tokens);
    chains.Add(chain.Measure());
    Console.WriteLine(chains[^1]);
}

if (args.Length > 0)
{
    var traits = device.Traits;
    var report = new
    {
        device = traits.Name,
        driver = traits.DriverVersion,
        commit = ResultStamp.Commit,
        measured = DateTimeOffset.UtcNow,
        launches,
        chains,
    };
    var json = new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true };
    File.WriteAllText(args[0], JsonSerializer.Serialize(report, json));
}

return 0;
