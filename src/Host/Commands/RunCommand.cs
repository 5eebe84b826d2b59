using System.CommandLine;
using FusedMoe.Host.Layers;
using FusedMoe.Host.Output;
using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Host.Commands;

/// <summary><c>fusedmoe run</c>: one layer on recorded or random tokens; prints the chain, the time and the checks.</summary>
internal sealed class RunCommand(CommonOptions common, TextWriter output, TextWriter error)
{
    private const double Tolerance = 0.01;
    private const int Repeats = 20;

    private readonly Argument<string?> _model = LayerSource.ModelArgument(
        "A folder with config.json and safetensors; by default the bundled sample.");

    private readonly Option<int> _tokens = new("--tokens") { Description = "Tokens of a call.", DefaultValueFactory = _ => 64 };

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

        using var session = common.OpenSession(parsed);
        var request = new CheckpointRequest(
            parsed.GetValue(_model),
            parsed.GetValue(common.Layer),
            parsed.GetValue(common.Device),
            tokens,
            parsed.GetValue(_activations),
            common.Selection(parsed));
        using var progress = new ProgressLine(error);
        progress.Report("run: loading");
        using var run = CheckpointRun.Open(session, request);
        if (!run.Plan.IsRunnable)
        {
            error.Write(PlanText.Render(run.Plan));
            return (int)ExitCode.Refused;
        }

        progress.Report("run: checking");
        var recorded = run.Recording is { } recording ? RecordingCheck.All(run.Layer, recording, Tolerance) : [];
        var repeat = RepeatCheck.Run(run.Layer, tokens);
        var microseconds = LayerTiming.MedianMicroseconds(run.Layer, tokens, Repeats, stop);
        var result = new RunResult(run.Plan, tokens, microseconds, recorded, repeat);
        output.WriteLine(parsed.GetValue(common.Json) ? JsonText.Of(result.ToJson()) : result.ToText());
        return (int)(result.Holds ? ExitCode.Success : ExitCode.CheckFailed);
    }
}
