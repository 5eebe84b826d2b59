using System.CommandLine;
using FusedMoe.Host.Layers;
using FusedMoe.Host.Output;
using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Host.Commands;

/// <summary><c>fusedmoe run</c>: one layer on recorded or random tokens; prints the chain, the time and the checks.</summary>
internal sealed class RunCommand(CommonOptions common, TextWriter output, TextWriter error, StartTimeline start)
{
    private const double Tolerance = 0.01;
    private const int Repeats = 20;

    private readonly Argument<string?> _model = LayerSource.ModelArgument(
        "A folder with config.json and safetensors; by default the bundled sample.");

    private readonly Option<int> _tokens = new("--tokens") { Description = "Tokens of a call.", DefaultValueFactory = _ => 64 };

    private readonly Option<bool> _timing = new("--timing")
    {
        Description = "Also print what the process did from its start to the first output, step by step.",
    };

    private readonly Option<ActivationQuantization> _activations = LayerSource.ActivationQuantOption();

    public Command Create()
    {
        var command = new Command("run", "Run one layer and check it.");
        AttachTo(command);
        return command;
    }

    /// <summary>Gives <paramref name="command"/> this verb's options and action; the root runs when no verb is named.</summary>
    public void AttachTo(Command command)
    {
        command.Add(_model);
        command.Add(_tokens);
        command.Add(_timing);
        command.Add(_activations);
        command.Add(common.Layer);
        common.AddAllTo(command);
        command.SetAction((parsed, stop) => Task.FromResult(Run(parsed, stop)));
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        var tokens = parsed.GetValue(_tokens);
        if (tokens < 1)
        {
            throw new ArgumentException($"--tokens must be at least 1, got {tokens}.");
        }

        start.Reach("command line");
        using var session = common.OpenSession(parsed);
        start.Reach("settings and plugins");
        var request = new CheckpointRequest(
            parsed.GetValue(_model),
            parsed.GetValue(common.Layer),
            parsed.GetValue(common.Device),
            tokens,
            parsed.GetValue(_activations),
            common.Selection(parsed));
        using var progress = new ProgressLine(error);
        progress.Report("run: loading");
        using var run = CheckpointRun.Open(session, request, start);
        if (!run.Plan.IsRunnable)
        {
            error.Write(PlanText.Render(run.Plan));
            return (int)ExitCode.Refused;
        }

        var steps = parsed.GetValue(_timing) ? FirstOutput(run.Layer, tokens) : null;
        progress.Report("run: checking");
        var recorded = run.Recording is { } recording ? RecordingCheck.All(run.Layer, recording, Tolerance) : [];
        var repeat = RepeatCheck.Run(run.Layer, tokens);
        var microseconds = LayerTiming.MedianMicroseconds(run.Layer, tokens, Repeats, stop);
        var result = new RunResult(run.Plan, tokens, microseconds, recorded, repeat) { Start = steps };
        output.WriteLine(parsed.GetValue(common.Json) ? JsonText.Of(result.ToJson()) : result.ToText());
        return (int)(result.Holds ? ExitCode.Success : ExitCode.CheckFailed);
    }

    private IReadOnlyList<StartStep> FirstOutput(LayerRun layer, int tokens)
    {
        layer.Apply(tokens);
        layer.Stream.Synchronize();
        start.Reach("first call");
        return start.Steps;
    }
}
