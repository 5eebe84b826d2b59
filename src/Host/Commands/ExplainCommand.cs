using System.CommandLine;
using FusedMoe.Host.Layers;
using FusedMoe.Host.Output;
using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Host.Commands;

/// <summary><c>fusedmoe explain</c>: the plan of a layer, with every candidate and every refusal.</summary>
internal sealed class ExplainCommand(CommonOptions common, TextWriter output)
{
    private readonly Argument<string?> _model = LayerSource.ModelArgument(
        "A folder with config.json, or the name of a layer shape of 'bench'; by default the bundled sample.");

    private readonly Option<int?> _maxTokens = new("--max-tokens") { Description = "Overrides FusedMoe:Deployment:MaxTokens." };

    private readonly Option<ActivationQuantization> _activations = LayerSource.ActivationQuantOption();

    public Command Create()
    {
        var command = new Command("explain", "Show what would run a layer and why, and every reason against the others.")
        {
            _model, _maxTokens, _activations, common.Layer,
        };
        common.AddAllTo(command);
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        using var session = common.OpenSession(parsed);
        var layer = LayerSource.Spec(parsed.GetValue(_model), parsed.GetValue(common.Layer), parsed.GetValue(_activations));
        var deployment = session.Deployment(parsed.GetValue(common.Device), parsed.GetValue(_maxTokens));
        var plan = session.Composer.Compose(layer, deployment, common.Selection(parsed));
        output.Write(
            parsed.GetValue(common.Json) ? JsonText.Of(PlanJson.Of(plan)) + Environment.NewLine : PlanText.Render(plan));
        return (int)(plan.IsRunnable ? ExitCode.Success : ExitCode.Refused);
    }
}
