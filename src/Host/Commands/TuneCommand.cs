using System.CommandLine;
using FusedMoe.Host.Benchmarks;
using FusedMoe.Host.Output;
using FusedMoe.Runtime;

namespace FusedMoe.Host.Commands;

/// <summary>
/// <c>fusedmoe tune</c>: measures backends and configurations and writes the table that the composer then uses.
/// </summary>
internal sealed class TuneCommand(CommonOptions common, TextWriter output, TextWriter error)
{
    private readonly CellOptions _cells = new(defaultTokens: [1, 4, 16, 64, 256, 1024], defaultRepeats: 11);

    private readonly Option<string> _folder = new("--folder")
    {
        Description = "Tuning folder; the table goes into <folder>/<device name>/<shape>.json.",
        DefaultValueFactory = _ => "tuning",
    };

    public Command Create()
    {
        var command = new Command("tune", "Time every backend and configuration of a shape and write a measured table.")
        {
            _folder,
        };
        _cells.AddTo(command);
        common.AddSettingsTo(command);
        command.SetAction((parsed, stop) => Task.FromResult(Run(parsed, stop)));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        var (shapes, tokens, repeats, longestPause) = _cells.Of(parsed);
        using var session = common.OpenSession(parsed);
        var deployment = session.PresentDeployment(parsed.GetValue(common.Device), tokens.Max());
        var pause = ReplayPause.On(deployment.Device, longestPause);
        var settings = new BenchSettings(repeats, RoutingDistribution.Uniform, new DeviceCeilings(1, 1, "not used"), pause);
        var data = new BenchData();
        var code = ExitCode.Success;
        foreach (var shape in shapes)
        {
            var folder = TuningFile.FolderOf(parsed.GetValue(_folder)!, deployment.Device.Name);
            var path = Path.Combine(CreateFolder(folder), $"{shape.Name}.json");
            OutputFile.Probe(path);
            using var benchmark = new LayerBenchmark(session, shape, deployment, data);
            var plans = Plans(session, benchmark);
            if (plans.Length == 0)
            {
                error.Write(PlanText.Render(benchmark.Compose(new StageSelection())));
                return (int)ExitCode.Refused;
            }

            code = TuneShape(benchmark, plans, (tokens, settings), path, stop) ? code : ExitCode.CheckFailed;
        }

        return (int)code;
    }

    /// <summary>A plan for every backend of the device that can run the shape.</summary>
    private static MoeKernelPlan[] Plans(HostSession session, LayerBenchmark benchmark) =>
    [
        .. session.Catalog.Stages.OfType<IFusedExpertsDescriptor>()
            .Where(e => e.DeviceKind == benchmark.Deployment.Device.Id.Kind && !e.IsMonolithic && e.Name != "reference")
            .Select(e => benchmark.Compose(new StageSelection(Experts: e.Name)))
            .Where(p => p.IsRunnable),
    ];

    /// <summary>Writes the table of a shape; false when a configuration gave a wrong result.</summary>
    private bool TuneShape(
        LayerBenchmark benchmark,
        MoeKernelPlan[] plans,
        (int[] Tokens, BenchSettings Settings) request,
        string path,
        CancellationToken stop)
    {
        using var progress = new ProgressLine(error);
        var run = new TuneRun(benchmark, request.Settings, progress.Report);
        var entries = run.Measure(plans, request.Tokens, stop);
        var deployment = benchmark.Deployment;
        var table = TuningTable.For(benchmark.Shape.Layer, deployment, entries);
        var file = new TuningFile(deployment.Device.Name, [table])
        {
            Driver = deployment.Device.DriverVersion,
            Date = ResultStamp.Date,
            Commit = ResultStamp.Commit,
            PauseMilliseconds = request.Settings.Pause.LongestMilliseconds,
        };
        OutputFile.Replace(path, file.Save);
        output.WriteLine($"{benchmark.Shape.Name}: {path}");
        foreach (var entry in entries)
        {
            var choice = entry.Configuration is null ? entry.Experts : $"{entry.Experts} {entry.Configuration}";
            output.WriteLine(FormattableString.Invariant($"  {entry.MaxTokens} tokens: {choice}, {entry.Microseconds:0.0} µs"));
        }

        foreach (var wrong in run.Wrong)
        {
            error.WriteLine($"Wrong result, left out: {wrong}.");
        }

        return run.Wrong.Count == 0;
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
