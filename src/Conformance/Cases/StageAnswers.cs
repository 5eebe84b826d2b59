namespace FusedMoe.Conformance;

/// <summary>
/// A stage's own answers about a plan's layer and deployment, asked again so that the composer is not trusted.
/// </summary>
internal static class StageAnswers
{
    public static IEnumerable<Refusal> Refusals(IStageDescriptor stage, MoeKernelPlan plan)
    {
        var (layer, deployment) = (plan.Layer, plan.Deployment);
        var shape = layer.Shape with { Intermediate = layer.Shape.Intermediate / deployment.Parallel.TpSize };
        Support[] answers =
        [
            stage.SupportsDevice(deployment.Device),
            stage.SupportsActivation(layer.Activation),
            layer.Activation.IsGated ? Support.Yes : stage.SupportsNonGated(),
            layer.Features.HasExpertBias ? stage.SupportsBias() : Support.Yes,
            stage.SupportsQuant(layer.Quant, layer.ActivationDType, layer.WeightDType),
            stage is IDeviceBoundQuant bound
                ? bound.SupportsQuantOn(deployment.Device, shape, layer.Quant, layer.ActivationDType, layer.WeightDType)
                : Support.Yes,
            stage.SupportsParallel(deployment.Parallel),
            deployment.ExpertMap is not null || deployment.Parallel.UsesExpertParallel
                ? stage.SupportsExpertMap()
                : Support.Yes,
            stage.SupportsShape(shape),
            layer.Features.RouterWeightOnInput ? stage.SupportsRouterWeightOnInput() : Support.Yes,
            deployment.BatchInvariant ? stage.SupportsBatchInvariance() : Support.Yes,
            deployment.Deterministic ? stage.SupportsDeterminism() : Support.Yes,
            deployment.GraphCapture ? stage.SupportsGraphCapture() : Support.Yes,
            deployment.Lora is { } lora ? stage.SupportsLora(lora) : Support.Yes,
        ];
        return answers.Select(a => a.Refusal).OfType<Refusal>();
    }
}
