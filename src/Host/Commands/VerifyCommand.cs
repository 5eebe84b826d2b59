using System.CommandLine;
using FusedMoe.Host.Layers;
using FusedMoe.Host.Output;
using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Host.Commands;

/// <summary><c>fusedmoe verify</c>: compares a layer with recorded inputs and outputs.</summary>
internal sealed class VerifyCommand(CommonOptions common, TextWriter output, TextWriter error)
{
    private readonly Argument<string> _model = new("model-dir")
    {
        Description = "A folder with config.json, model.safetensors and golden.safetensors.",
    };

    private readonly Option<double> _tolerance = new("--tolerance")
    {
        Description = "Largest relative Frobenius error that passes.",
        DefaultValueFactory = _ => 0.01,
    };

    private readonly Option<ActivationQuantization> _activations = LayerSource.ActivationQuantOption();

    public Command Create()
    {
        var command = new Command("verify", "Compare a layer with recorded inputs and outputs; exit 0 only when all agree.")
        {
            _model, _tolerance, _activations, common.Layer,
        };
        common.AddAllTo(command);
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var tolerance = parsed.GetValue(_tolerance);
        if (!(tolerance > 0))
        {
            throw new ArgumentException($"--tolerance must be greater than 0, got {tolerance}.");
        }

        using var session = common.OpenSession(parsed);
        var request = new CheckpointRequest(
            parsed.GetValue(_model),
            parsed.GetValue(common.Layer),
            parsed.GetValue(common.Device),
            Tokens: 1,
            parsed.GetValue(_activations),
            common.Selection(parsed));
        using var run = CheckpointRun.Open(session, request);
        if (!run.Plan.IsRunnable)
        {
            error.Write(PlanText.Render(run.Plan));
            return (int)ExitCode.Refused;
        }

        var recording = run.Recording ?? throw new FileNotFoundException(
            $"Folder '{request.Model}' must hold golden.safetensors to verify against, got none.");
        var checks = RecordingCheck.All(run.Layer, recording, tolerance);
        var holds = checks.All(c => c.Holds);
        Write(parsed.GetValue(common.Json), run.Plan, checks, holds);
        return (int)(holds ? ExitCode.Success : ExitCode.CheckFailed);
    }

    private void Write(bool json, MoeKernelPlan plan, IReadOnlyList<RecordingCheck> checks, bool holds)
    {
        if (json)
        {
            output.WriteLine(
                JsonText.Of(new { chain = plan.Chain!.ToString(), device = plan.Deployment.Device.Name, checks, holds }));
            return;
        }

        output.WriteLine($"layer   {plan.Layer}");
        output.WriteLine($"chain   {plan.Chain} on {plan.Deployment.Device.Id}");
        foreach (var check in checks)
        {
            var verdict = check.Holds ? "ok" : $"above {check.Tolerance}";
            output.WriteLine(FormattableString.Invariant(
                $"tokens  {check.Tokens,5}   relative error {check.RelativeError:0.000000}   {verdict}"));
        }

        output.WriteLine(holds ? "PASS" : "FAIL");
    }
}
