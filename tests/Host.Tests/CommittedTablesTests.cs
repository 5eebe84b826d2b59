using System.Runtime.CompilerServices;
using FusedMoe.Host.Benchmarks;
using FusedMoe.Runtime;

namespace FusedMoe.Host.Tests;

/// <summary>The measured tables of the repository name kernels that the plugins beside them have.</summary>
public sealed class CommittedTablesTests
{
    private static IEnumerable<string> Files => Directory.GetFiles(Folder(), "*.json", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Folder(), f));

    [TestCaseSource(nameof(Files))]
    public void Entries_OfATable_NameConfigurationsThatTheirBackendHas(string file)
    {
        using var session = HostSession.Open(null, []);
        var tunable = session.Catalog.Stages.OfType<IFusedExpertsDescriptor>()
            .Where(e => e is ITunableExperts)
            .ToDictionary(e => e.Name, e => (ITunableExperts)e);
        var table = TuningFile.Load(Path.Combine(Folder(), file));
        var device = new DeviceTraits
        {
            Id = DeviceId.Cuda(0),
            Name = table.Device,
            ComputeCapability = 90,
            Processors = 132,
            MemoryBytes = 80L << 30,
            DriverVersion = table.Driver ?? 0,
        };
        var layer = NamedShape.Find(Path.GetFileNameWithoutExtension(file)).Layer;
        var unknown = table.Tables.Single().Entries
            .Where(e => e.Configuration is not null && tunable.ContainsKey(e.Experts))
            .Where(e => !tunable[e.Experts].Configurations(device, layer, 1).Contains(e.Configuration!))
            .ToArray();

        Assert.That(tunable, Is.Not.Empty);
        Assert.That(unknown, Is.Empty, "run 'fusedmoe tune' again");
    }

    private static string Folder([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../benchmarks/results/tuning"));
}
