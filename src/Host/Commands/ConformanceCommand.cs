using System.CommandLine;
using System.Text.Json.Nodes;
using FusedMoe.Conformance;
using FusedMoe.Host.Output;

namespace FusedMoe.Host.Commands;

/// <summary><c>fusedmoe conformance</c>: holds backends to what they claim.</summary>
internal sealed class ConformanceCommand(CommonOptions common, TextWriter output, TextWriter error)
{
    private readonly Option<string?> _plugin = new("--plugin")
    {
        Description = "A plugin assembly (.dll) to load, or the name of a loaded plugin; only its stages are checked.",
        HelpName = "file or name",
    };

    private readonly Option<string?> _backend = new("--backend")
    {
        Description = "Only this stage, alone and in every pair.",
        HelpName = "name",
    };

    private readonly Option<string?> _filter = new("--filter")
    {
        Description = "Only cases whose id contains this text; several are separated by commas.",
        HelpName = "text",
    };

    private readonly Option<bool> _full = new("--full") { Description = "Adds the large shapes, meant for GPUs." };

    private readonly Option<bool> _list = new("--list") { Description = "List the cases without running them." };

    private readonly Option<string?> _out = new("--out")
    {
        Description = "Also write the JSON report to this file.",
        HelpName = "file",
    };

    public Command Create()
    {
        var command = new Command("conformance", "Run the conformance suite; exit 0 only when no case fails.")
        {
            _plugin, _backend, _filter, _full, _list, _out,
        };
        common.AddSettingsTo(command);
        command.SetAction((parsed, stop) => Task.FromResult(Run(parsed, stop)));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        if (parsed.GetValue(_out) is { } path)
        {
            OutputFile.Probe(path);
        }

        var (folders, pluginFile) = PluginFolder(parsed.GetValue(_plugin));
        using var session = common.OpenSession(parsed, folders);
        var options = new ConformanceOptions
        {
            Plugin = pluginFile is null ? parsed.GetValue(_plugin) : LoadedName(session, pluginFile),
            Backend = parsed.GetValue(_backend),
            Text = parsed.GetValue(_filter),
            Full = parsed.GetValue(_full),
        };
        var deployment = session.PresentDeployment(parsed.GetValue(common.Device));
        var cases = ConformanceSuite.Discover(session.Services, session.OpenDevice(deployment), options);
        if (cases.Count == 0)
        {
            throw new ArgumentException(
                $"The conformance suite must have a case for plugin '{options.Plugin ?? "any"}', "
                + $"backend '{options.Backend ?? "any"}', "
                + $"filter '{options.Text ?? "any"}', got none; 'fusedmoe backends' lists what is loaded.");
        }

        return parsed.GetValue(_list) ? List(cases) : RunAll(parsed, deployment, cases, stop);
    }

    private int List(IReadOnlyList<ConformanceCase> cases)
    {
        foreach (var item in cases)
        {
            output.WriteLine($"{item.Id}  {item.Description}");
        }

        return (int)ExitCode.Success;
    }

    private int RunAll(
        ParseResult parsed, DeploymentSpec deployment, IReadOnlyList<ConformanceCase> cases, CancellationToken stop)
    {
        var results = new List<(ConformanceCase Case, ConformanceResult Result)>(cases.Count);
        using (var progress = new ProgressLine(error))
        {
            foreach (var item in cases)
            {
                progress.Report($"conformance: {results.Count} of {cases.Count}, {item.Id}");
                results.Add((item, item.Run(stop)));
            }
        }

        return (int)Report(parsed, deployment, results);
    }

    private ExitCode Report(
        ParseResult parsed, DeploymentSpec deployment, IReadOnlyList<(ConformanceCase Case, ConformanceResult Result)> results)
    {
        var report = new ConformanceReport(deployment.Device.Name, results);
        var json = JsonText.Of(ResultStamp.Around(deployment.Device, JsonNode.Parse(report.ToJson())!)) + Environment.NewLine;
        if (parsed.GetValue(_out) is { } path)
        {
            OutputFile.Write(path, json);
        }

        output.Write(parsed.GetValue(common.Json) ? json : report.ToTable() + Environment.NewLine);
        return report.IsConformant ? ExitCode.Success : ExitCode.CheckFailed;
    }

    /// <summary>A file's folder is loaded as one more plugin folder.</summary>
    private static (string[] Folders, string? File) PluginFolder(string? plugin)
    {
        if (plugin is null || !plugin.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
        {
            return ([], null);
        }

        var file = Path.GetFullPath(plugin);
        return File.Exists(file)
            ? ([Path.GetDirectoryName(file)!], file)
            : throw new ArgumentException($"--plugin must be an existing file or the name of a loaded plugin, got '{plugin}'.");
    }

    private static string LoadedName(HostSession session, string file)
    {
        var report = session.Catalog.Plugins.FirstOrDefault(p => string.Equals(p.Path, file, StringComparison.Ordinal))
            ?? throw new ArgumentException(
                $"'{file}' must be a plugin assembly (it carries MoePluginAttribute), got another file.");
        return report.IsLoaded
            ? report.Name
            : throw new ArgumentException($"Plugin '{file}' must load, got: {report.Failure}");
    }
}
