using System.CommandLine;
using FusedMoe.Host.Benchmarks;
using FusedMoe.Host.Output;
using FusedMoe.Runtime;

namespace FusedMoe.Host.Commands;

/// <summary><c>fusedmoe tune</c>: measures backends and configurations and writes the table that the composer then uses.</summary>
internal sealed class TuneCommand(CommonOptions common, TextWriter output, TextWriter error)
{
    private readonly Option<string[]> _shapes = new("--shapes")
    {
        Description = $"Layer shapes: {string.Join(", ", NamedShape.All.Select(s => s.Name))}.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => ["qwen3-30b-a3b"],
    };

    private readonly Option<int[]> _tokens = new("--tokens")
    {
        Description = "Token counts, ascending; each is measured.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [1, 4, 16, 64, 256, 1024],
    };

    private readonly Option<int> _repeats = new("--repeats") { Description = "Timed calls a candidate.", DefaultValueFactory = _ => 10 };

    private readonly Option<string> _folder = new("--folder")
    {
        Description = "Tuning folder; the table goes into <folder>/<device name>/<shape>.json.",
        DefaultValueFactory = _ => "tuning",
    };

    public Command Create()
    {
        var command = new Command("tune", "Time every backend and configuration of a shape and write a measured table.")
        {
            _shapes, _tokens, _repeats, _folder,
        };
        common.AddSettingsTo(command);
        command.SetAction((parsed, stop) => Task.FromResult(Run(parsed, stop)));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        var tokens = parsed.GetValue(_tokens)!;
        if (tokens.Length == 0 || tokens.Min() < 1 || parsed.GetValue(_repeats) < 1)
        {
            throw new ArgumentException(
                $"--tokens and --repeats must be at least 1, got {string.Join(", ", tokens)} and {parsed.GetValue(_repeats)}.");
        }

        using var session = common.OpenSession(parsed);
        var deployment = session.Deployment(parsed.GetValue(common.Device), tokens.Max());
        var settings = new BenchSettings(parsed.GetValue(_repeats), RoutingDistribution.Uniform, new DeviceCeilings(1, 1, "not used"));
        foreach (var shape in parsed.GetValue(_shapes)!.Select(NamedShape.Find).ToArray())
        {
            var folder = TuningFile.FolderOf(parsed.GetValue(_folder)!, deployment.Device.Name);
            var path = Path.Combine(CreateFolder(folder), $"{shape.Name}.json");
            OutputFile.Probe(path);
            if (!TuneShape(session, shape, deployment, (tokens, settings), path, stop))
            {
                return (int)ExitCode.Refused;
            }
        }

        return (int)ExitCode.Success;
    }

    private bool TuneShape(
        HostSession session,
        NamedShape shape,
        DeploymentSpec deployment,
        (int[] Tokens, BenchSettings Settings) request,
        string path,
        CancellationToken stop)
    {
        using var benchmark = new LayerBenchmark(session, shape, deployment);
        var names = session.Catalog.Stages.OfType<IFusedExpertsDescriptor>()
            .Where(e => e.DeviceKind == deployment.Device.Id.Kind && !e.IsMonolithic && e.Name != "reference")
            .Select(e => e.Name);
        var plans = names.Select(n => benchmark.Compose(new StageSelection(Experts: n))).Where(p => p.IsRunnable).ToArray();
        if (plans.Length == 0)
        {
            error.Write(PlanText.Render(benchmark.Compose(new StageSelection())));
            return false;
        }

        using var progress = new ProgressLine(error);
        var entries = new TuneRun(benchmark, request.Settings, progress.Report).Measure(plans, request.Tokens, stop);
        var table = TuningTable.For(shape.Layer, benchmark.Deployment, entries);
        OutputFile.Replace(path, scratch => new TuningFile(deployment.Device.Name, [table]).Save(scratch));
        output.WriteLine($"{shape.Name}: {path}");
        foreach (var entry in entries)
        {
            output.WriteLine(FormattableString.Invariant(
                $"  up to {entry.MaxTokens} tokens: {entry.Experts} {entry.Configuration}, {entry.Microseconds:0.0} µs"));
        }

        return true;
    }

    private static string CreateFolder(string folder)
    {
        try
        {
            return Directory.CreateDirectory(folder).FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OutputPathException(folder, e);
        }
    }
}
