namespace FusedMoe.Runtime;

/// <summary>
/// Refuses tensors that are not the layer's before any memory is taken. Scales and zero points are the backend's to
/// check.
/// </summary>
internal static class WeightChecks
{
    /// <summary>Checks shapes, types and places.</summary>
    /// <exception cref="ArgumentException">Every wrong tensor, with what it must be and what it is.</exception>
    public static void Check(MoeLayerWeights weights, RankProblem problem)
    {
        var problems = Problems(weights, problem).ToArray();
        if (problems.Length > 0)
        {
            throw new ArgumentException(
                $"The layer's weights have {problems.Length} problem(s): {string.Join("; ", problems)}.");
        }
    }

    private static IEnumerable<string> Problems(MoeLayerWeights weights, RankProblem problem)
    {
        var (layer, device) = (problem.StageLayer, problem.Deployment.Device.Id);
        var (shape, local) = (layer.Shape, LocalExperts(weights));
        var dtype = layer.Quant.Weight?.Element ?? layer.WeightDType;
        if (problem.ExpertMap is null ? local != problem.LocalExperts : local < problem.LocalExperts)
        {
            var wanted = problem.ExpertMap is null
                ? $"{problem.LocalExperts}"
                : $"at least {problem.LocalExperts} (the expert map)";
            yield return $"experts in w13 must be {wanted}, got {local}";
        }

        var w13 = new TensorShape(local, layer.GateUpSize, shape.Hidden);
        var w2 = new TensorShape(local, shape.Hidden, shape.Intermediate);
        var routed = new[]
        {
            Required("w13", weights.Experts.W13, dtype, w13, device), Required("w2", weights.Experts.W2, dtype, w2, device),
            Biased("w13 bias", weights.Experts.W13Bias, layer, new TensorShape(local, layer.GateUpSize), device),
            Biased("w2 bias", weights.Experts.W2Bias, layer, new TensorShape(local, shape.Hidden), device),
        };
        var logits = problem.RouterLayer.Shape.Experts;
        var routing = new[]
        {
            Optional("gate", weights.Gate, null, new TensorShape(logits, shape.Hidden), device),
            Optional("gate bias", weights.GateBias, null, new TensorShape(logits), device),
            Optional("correction bias", weights.CorrectionBias, DType.Float32, new TensorShape(logits), device),
        };
        foreach (var wrong in routed.Concat(routing).OfType<string>())
        {
            yield return wrong;
        }

        if (layer.Features.HasGateBias && !weights.Gate.IsNone && weights.GateBias.IsNone)
        {
            yield return "gate bias must be given because the layer has one, got none";
        }
    }

    private static int LocalExperts(MoeLayerWeights weights) =>
        weights.Experts.W13.Shape.Rank == 3 ? (int)weights.Experts.W13.Shape[0] : 0;

    private static string? Required(string name, TensorView tensor, DType dtype, TensorShape shape, DeviceId device) =>
        tensor.DType == dtype && tensor.Shape == shape && tensor.Device == device
            ? null
            : $"{name} must be {dtype.Name()} {shape} on {device}, got {tensor}";

    private static string? Biased(string name, TensorView tensor, MoeLayerSpec layer, TensorShape shape, DeviceId device)
    {
        if (layer.Features.HasExpertBias)
        {
            return tensor.IsNone
                ? $"{name} must be given because the layer has one, got none"
                : Optional(name, tensor, null, shape, device);
        }

        return tensor.IsNone ? null : $"{name} must be absent because the layer has none, got {tensor}";
    }

    private static string? Optional(string name, TensorView tensor, DType? dtype, TensorShape shape, DeviceId device)
    {
        var isType = dtype is null ? tensor.DType.IsActivation() : tensor.DType == dtype;
        if (tensor.IsNone || (isType && tensor.Shape == shape && tensor.Device == device))
        {
            return null;
        }

        return $"{name} must be {dtype?.Name() ?? "float32, bf16 or fp16"} {shape} on {device}, got {tensor}";
    }
}
