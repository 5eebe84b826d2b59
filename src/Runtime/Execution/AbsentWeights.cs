namespace FusedMoe.Runtime;

/// <summary>Tensors of a plan's shapes without memory, for measuring what a kernel will take.</summary>
internal static class AbsentWeights
{
    /// <summary>Views without an address; only their shapes may be looked at.</summary>
    public static MoeLayerWeights Of(RankProblem problem)
    {
        var (layer, device) = (problem.StageLayer, problem.Deployment.Device.Id);
        var shared = layer.Features.SharedExperts;
        TensorView View(params ReadOnlySpan<long> sizes) =>
            TensorView.Contiguous(0, layer.WeightDType, new TensorShape(sizes), device);
        ExpertWeights Experts(int count, int intermediate) => new()
        {
            W13 = View(count, layer.Activation.IsGated ? 2 * intermediate : intermediate, layer.Shape.Hidden),
            W2 = View(count, layer.Shape.Hidden, intermediate),
        };
        return new MoeLayerWeights
        {
            Experts = Experts(problem.LocalExperts, layer.Shape.Intermediate),
            Gate = View(problem.RouterLayer.Shape.Experts, layer.Shape.Hidden),
            SharedExperts = shared is null ? null : Experts(1, shared.Intermediate / problem.Deployment.Parallel.TpSize),
            SharedGate = shared is { HasGate: true } ? View(1, layer.Shape.Hidden) : TensorView.None,
        };
    }
}
