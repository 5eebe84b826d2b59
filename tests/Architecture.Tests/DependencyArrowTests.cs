using System.Xml.Linq;

namespace FusedMoe.Architecture.Tests;

/// <summary>Who may know whom: the arrows of docs/architecture.md.</summary>
public sealed class DependencyArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Abstractions"] = [],
        ["Cpu"] = ["Abstractions"],
        ["Cuda"] = ["Abstractions"],
        ["PrepareFinalize"] = ["Abstractions", "Cpu", "Cuda"],
        ["Experts.Cpu"] = ["Abstractions", "Cpu"],
        ["Experts.Triton"] = ["Abstractions", "Cuda"],
        ["Experts.Cutlass"] = ["Abstractions", "Cuda"],
        ["Runtime"] = ["Abstractions"],
        ["Conformance"] = ["Abstractions"],
        ["Host"] = ["Runtime", "Conformance", "Abstractions"],
    };

    private static IEnumerable<string> Rooms => Allowed.Keys;

    [TestCaseSource(nameof(Rooms))]
    public void ProjectReferences_OfARoom_AreTheAllowedArrows(string room)
    {
        var project = Path.Combine(Repository.Root, "src", room, $"FusedMoe.{room}.csproj");
        var references = XDocument.Load(project).Descendants("ProjectReference")
            .Where(r => (string?)r.Attribute("ReferenceOutputAssembly") != "false")
            .Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!)["FusedMoe.".Length..]);

        Assert.That(
            references, Is.SubsetOf(Allowed[room]), $"{room} may know {string.Join(", ", Allowed[room])} and nobody else.");
    }

    [Test]
    public void SourceFolders_AreTheKnownRooms()
    {
        var folders = Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(Path.GetFileName);

        Assert.That(
            folders, Is.EquivalentTo(Allowed.Keys), "A new room needs its arrows in this test and in docs/architecture.md.");
    }

    [Test]
    public void Abstractions_Packages_AreMicrosoftExtensionsAbstractionsOnly()
    {
        var packages = XDocument.Load(Path.Combine(Repository.Root, "src/Abstractions/FusedMoe.Abstractions.csproj"))
            .Descendants("PackageReference")
            .Where(p => (string?)p.Attribute("PrivateAssets") != "all")
            .Select(p => (string?)p.Attribute("Include") ?? string.Empty);

        Assert.That(packages.Where(p => !p.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)
            || !p.EndsWith(".Abstractions", StringComparison.Ordinal)), Is.Empty);
    }

    [TestCase("ILGPU")]
    [TestCase("ManagedCuda")]
    public void Projects_ReferenceNoPackageThatNoRegistryServes(string package)
    {
        var users = Repository.Projects().Append(Path.Combine(Repository.Root, "Directory.Packages.props"))
            .Where(p => XDocument.Load(p).Descendants().Attributes("Include")
                .Any(a => a.Value.StartsWith(package, StringComparison.OrdinalIgnoreCase)));

        Assert.That(users, Is.Empty, "docs/decisions/0001 says what stands in its place.");
    }

    [Test]
    public void SamplePlugin_IsReferencedByNobody()
    {
        var users = Repository.Projects().Where(p => XDocument.Load(p).Descendants("ProjectReference").Any(r =>
            ((string)r.Attribute("Include")!).Contains("SamplePlugin", StringComparison.Ordinal)
            && (string?)r.Attribute("ReferenceOutputAssembly") != "false"));

        Assert.That(users.Select(Repository.Relative), Is.Empty, "The sample plugin is only ever loaded.");
    }

    [Test]
    public void Solution_ListsEveryProject()
    {
        var solution = Repository.Read("Plugins.sln").Replace('\\', '/');
        var missing = Repository.Projects().Select(Repository.Relative)
            .Where(p => !solution.Contains(p, StringComparison.Ordinal));

        Assert.That(missing, Is.Empty);
    }
}
