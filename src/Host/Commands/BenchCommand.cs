using System.CommandLine;
using FusedMoe.Host.Benchmarks;
using FusedMoe.Host.Output;

namespace FusedMoe.Host.Commands;

/// <summary><c>fusedmoe bench</c>: times published layer shapes and says how far they are from the floor.</summary>
internal sealed class BenchCommand(CommonOptions common, TextWriter output, TextWriter error)
{
    private readonly CellOptions _cells = new(defaultTokens: [1, 16, 64], defaultRepeats: 21);

    private readonly Option<RoutingDistribution> _routing = new("--routing") { Description = "How tokens choose experts." };

    private readonly Option<double?> _bandwidth = new("--bandwidth")
    {
        Description = "Memory ceiling in TB/s for the floor; by default the published or measured one of the device.",
    };

    private readonly Option<double?> _compute = new("--compute")
    {
        Description = "Arithmetic ceiling in TFLOP/s for the floor.",
    };

    private readonly Option<string?> _peers = new("--peers")
    {
        Description = "A file of benchmarks/peers/measure.py, measured on this device: its figures and ceilings are set "
            + "beside ours.",
        HelpName = "file",
    };

    private readonly Option<string?> _out = new("--out") { Description = "Also write the result as JSON to this file." };

    public Command Create()
    {
        var command = new Command(
            "bench", "Time layer shapes against the floor of the device; checks the results in the same run.")
        {
            _routing, _bandwidth, _compute, _peers, _out,
        };
        _cells.AddTo(command);
        common.AddAllTo(command);
        command.SetAction((parsed, stop) => Task.FromResult(Run(parsed, stop)));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        var (shapes, tokens, repeats, longestPause) = _cells.Of(parsed);
        if (parsed.GetValue(_out) is { } path)
        {
            OutputFile.Probe(path);
        }

        using var session = common.OpenSession(parsed);
        var deployment = session.PresentDeployment(parsed.GetValue(common.Device), tokens.Max());
        var pause = ReplayPause.On(deployment.Device, longestPause);
        var peers = Peers(parsed, deployment, pause);
        var ceilings = CeilingTable.Of(
            session, deployment, parsed.GetValue(_bandwidth), parsed.GetValue(_compute), peers?.Ceilings, pause);
        var settings = new BenchSettings(repeats, parsed.GetValue(_routing), ceilings, pause);
        var cells = new List<LayerMeasurement>();
        var data = new BenchData();
        foreach (var shape in shapes)
        {
            var figures = peers is null ? [] : Figures(peers, shape, tokens, settings.Distribution);
            using var benchmark = new LayerBenchmark(session, shape, deployment, data);
            var plan = benchmark.Compose(common.Selection(parsed));
            if (!plan.IsRunnable)
            {
                error.Write(PlanText.Render(plan));
                return (int)ExitCode.Refused;
            }

            foreach (var cell in MeasureShape(benchmark, plan, tokens, settings, stop))
            {
                var compared = cell with { Peers = figures.GetValueOrDefault(cell.Tokens)?.Compare(cell.Microseconds) ?? [] };
                cells.Add(compared with { Targets = BenchTargets.Judge(compared, settings.Distribution) });
            }

            WriteFile(parsed, BenchReport.Json(deployment.Device, settings, cells));
        }

        Print(parsed, BenchReport.Json(deployment.Device, settings, cells), cells);
        var holds = cells.TrueForAll(c => c.RelativeError <= BenchReference.ErrorLimit);
        return (int)(holds ? ExitCode.Success : ExitCode.CheckFailed);
    }

    private PeerFile? Peers(ParseResult parsed, DeploymentSpec deployment, ReplayPause pause)
    {
        if (parsed.GetValue(_peers) is not { } path)
        {
            return null;
        }

        var file = PeerFile.Load(path);
        file.Require(deployment.Device.Name, parsed.GetValue(_routing), pause);
        return file;
    }

    /// <summary>The peers' cells by token count; refused when their tokens chose other experts than ours will.</summary>
    private static Dictionary<int, PeerCell> Figures(
        PeerFile peers, NamedShape shape, int[] tokens, RoutingDistribution distribution)
    {
        var figures = new Dictionary<int, PeerCell>();
        foreach (var count in tokens)
        {
            var floor = LayerFloor.Of(shape, BenchData.Routing(shape, count, distribution));
            if (peers.Find(shape, count, floor) is { } cell)
            {
                figures[count] = cell;
            }
        }

        return figures;
    }

    private List<LayerMeasurement> MeasureShape(
        LayerBenchmark benchmark, MoeKernelPlan plan, int[] tokens, BenchSettings settings, CancellationToken stop)
    {
        var cells = new List<LayerMeasurement>();
        using var progress = new ProgressLine(error);
        using var kernel = benchmark.Build(plan);
        foreach (var count in tokens)
        {
            progress.Report($"bench: {plan.Layer}, {count} tokens");
            cells.Add(benchmark.Measure(kernel, count, settings, stop));
        }

        return cells;
    }

    /// <summary>After every shape, so that a run that is cut off leaves what it measured.</summary>
    private void WriteFile(ParseResult parsed, object json)
    {
        if (parsed.GetValue(_out) is { } path)
        {
            OutputFile.Write(path, JsonText.Of(json) + Environment.NewLine);
        }
    }

    private void Print(ParseResult parsed, object json, List<LayerMeasurement> cells)
    {
        if (parsed.GetValue(common.Json))
        {
            output.WriteLine(JsonText.Of(json));
        }
        else
        {
            output.Write(BenchReport.Text(cells));
        }
    }
}
