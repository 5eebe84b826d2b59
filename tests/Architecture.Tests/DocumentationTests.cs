using System.Text.RegularExpressions;

namespace FusedMoe.Architecture.Tests;

/// <summary>Documents that point at things which are not there are found here.</summary>
public sealed partial class DocumentationTests
{
    private static IEnumerable<string> Documents => Directory.EnumerateFiles(Repository.Root, "*.md")
        .Concat(Repository.Files("*.md", "docs", "benchmarks", "src")).Select(Repository.Relative);

    [TestCaseSource(nameof(Documents))]
    public void Links_InADocument_LeadSomewhere(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
        var broken = Link().Matches(Repository.Read(document))
            .Select(m => m.Groups["target"].Value.Split('#')[0])
            .Where(t => t.Length > 0 && !t.Contains("://", StringComparison.Ordinal))
            .Where(t => !Path.Exists(Path.Combine(folder, t)));

        Assert.That(broken, Is.Empty);
    }

    [TestCaseSource(nameof(Documents))]
    public void Paths_InADocument_Exist(string document)
    {
        var missing = RepositoryPath().Matches(Repository.Read(document))
            .Select(m => m.Groups["path"].Value.TrimEnd('.', '/'))
            .Where(p => p.AsSpan().IndexOfAny("<*{") < 0)
            // What a build puts there is not there before it.
            .Where(p => !p.Contains("/bin/", StringComparison.Ordinal))
            .Where(p => !Path.Exists(Path.Combine(Repository.Root, p)));

        Assert.That(missing, Is.Empty);
    }

    [Test]
    public void RefusalCodes_EachWellKnownOne_HasARowInTheDocument()
    {
        var document = Repository.Read("docs/refusals.md");
        var source = Repository.Read("src/Abstractions/Refusals/RefusalCodes.cs");
        var codes = CodeConstant().Matches(source).Select(m => m.Groups["code"].Value).ToArray();

        Assert.That(codes, Is.Not.Empty);
        Assert.That(codes.Where(c => !document.Contains($"`{c}`", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Refusals_EachExampleInTheDocument_HasTheFormOfASentence()
    {
        var examples = RefusalRow()
            .Matches(Repository.Read("docs/refusals.md"))
            .Select(m => m.Groups["sentence"].Value)
            .ToArray();

        Assert.That(examples, Has.Length.GreaterThan(30));
        Assert.That(examples.Where(e => !Sentence().IsMatch(e)), Is.Empty);
    }

    [Test]
    public void ConformanceGroups_Each_HasARowInTheDocument()
    {
        var document = Repository.Read("docs/write-a-backend.md");
        var groups = GroupConstant().Matches(Repository.Read("src/Conformance/CaseGroups.cs"))
            .Select(m => m.Groups["group"].Value)
            .ToArray();

        Assert.That(groups, Is.Not.Empty);
        Assert.That(groups.Where(g => !document.Contains($"`{g}`", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void CiRun_CallsTheTestCommandOfTheReadme()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Repository.Read("README.md"), Does.Contain("\ndotnet test\n"));
            Assert.That(Repository.Read(".ci/run"), Does.Contain("\ndotnet test "));
            Assert.That(Repository.Read("README.md"), Does.Contain("dotnet run -c Release --project src/Host"));
        });
    }

    [Test]
    public void Changelog_NamesTheVersionThatIsBuilt()
    {
        var version = VersionElement().Match(Repository.Read("Directory.Build.props")).Groups["version"].Value;

        Assert.That(Repository.Read("CHANGELOG.md"), Does.Contain($"## {version}"));
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`(?<path>(?:src|tests|docs|tools|benchmarks)/[^`\s]+)`")]
    private static partial Regex RepositoryPath();

    [GeneratedRegex("""new\("(?<code>[a-z0-9-]+)"\)""")]
    private static partial Regex CodeConstant();

    [GeneratedRegex(@"^\| `[a-z0-9.-]+` \| [^|]+ \| (?<sentence>[^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex RefusalRow();

    [GeneratedRegex(@"^[^;]+ must be [^;]+, got [^;]+(; [^;]+)?\.$")]
    private static partial Regex Sentence();

    [GeneratedRegex("""public const string \w+ = "(?<group>[a-z-]+)";""")]
    private static partial Regex GroupConstant();

    [GeneratedRegex("<Version>(?<version>[^<]+)</Version>")]
    private static partial Regex VersionElement();
}
