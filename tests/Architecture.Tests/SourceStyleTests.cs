using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace FusedMoe.Architecture.Tests;

/// <summary>What reviewers would otherwise have to count.</summary>
public sealed partial class SourceStyleTests
{
    private const int LongestFile = 400;
    private const int LongestLine = 128;

    [Test]
    public void CSharpFiles_HaveAtMost400Lines()
    {
        var tooLong = Repository.CSharpFiles()
            .Select(f => (File: Repository.Relative(f), Lines: File.ReadLines(f).Count()))
            .Where(f => f.Lines > LongestFile);

        Assert.That(tooLong, Is.Empty, "More than one concept is in them.");
    }

    [Test]
    public void Lines_OfCodeInEveryLanguage_HaveAtMost128Columns()
    {
        var tooWide = Repository.CSharpFiles()
            .Concat(Repository.PythonFiles())
            .Concat(Repository.CudaFiles())
            .SelectMany(f => File.ReadLines(f).Select((line, i) => (Place: $"{Repository.Relative(f)}:{i + 1}", line.Length)))
            .Where(l => l.Length > LongestLine);

        Assert.That(tooWide, Is.Empty);
    }

    [Test]
    public void CSharpFiles_HoldOneTopLevelTypeNamedAfterThem()
    {
        var wrong = new List<string>();
        var files = Repository.CSharpFiles().Where(f => Path.GetFileName(f) is not ("Program.cs" or "AssemblyInfo.cs"));
        foreach (var file in files)
        {
            var types = TopLevelType().Matches(File.ReadAllText(file)).Select(m => m.Groups["name"].Value).Distinct().ToArray();
            var stem = Path.GetFileNameWithoutExtension(file).Split('.', '{')[0];
            if (types.Length > 1 || (types.Length == 1 && types[0] != stem))
            {
                wrong.Add($"{Repository.Relative(file)}: {string.Join(", ", types)}");
            }
        }

        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void CSharpFiles_LeaveNothingUnfinished()
    {
        var found = Repository.CSharpFiles()
            .Where(f => Path.GetFileName(f) != "SourceStyleTests.cs")
            .SelectMany(f => File.ReadLines(f).Select((line, i) => (Place: $"{Repository.Relative(f)}:{i + 1}", Line: line)))
            .Where(l => Unfinished().IsMatch(l.Line));

        Assert.That(found, Is.Empty);
    }

    [Test]
    public void NoWarn_InEveryProject_HasItsReason()
    {
        var bare = Repository.Projects()
            .Where(p => XDocument.Load(p).Descendants("NoWarn").Any(e =>
                !e.NodesBeforeSelf().OfType<XComment>().Any() && !e.NodesAfterSelf().OfType<XComment>().Any()))
            .Select(Repository.Relative);

        Assert.That(bare, Is.Empty);
    }

    [GeneratedRegex(
        @"^(?:(?:public|internal|file|static|sealed|abstract|readonly|unsafe|partial|ref)\s+)*"
        + @"(?:class|struct|interface|enum|record(?:\s+struct|\s+class)?)\s+(?<name>\w+)",
        RegexOptions.Multiline)]
    private static partial Regex TopLevelType();

    [GeneratedRegex(@"NotImplementedException|\bTODO\b|\bFIXME\b|\bHACK\b|Assert\.Pass\(|#region")]
    private static partial Regex Unfinished();
}
