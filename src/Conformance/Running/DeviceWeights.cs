namespace FusedMoe.Conformance;

/// <summary>A layer's weights in device memory, kept to check afterwards that nobody wrote them.</summary>
internal sealed class DeviceWeights
{
    private readonly CaseScope _scope;
    private readonly List<(string Name, DeviceTensor Tensor)> _tensors = [];

    public DeviceWeights(CaseScope scope, LayerWeights weights)
    {
        _scope = scope;
        Views = new MoeLayerWeights
        {
            Experts = Experts(weights.W13, weights.W2) with
            {
                W13Bias = Upload("w13 bias", weights.W13Bias),
                W2Bias = Upload("w2 bias", weights.W2Bias),
                A13Scale = Upload("a13 scale", weights.A13Scale),
                A2Scale = Upload("a2 scale", weights.A2Scale),
            },
            Gate = Upload("gate", weights.Gate),
            GateBias = Upload("gate bias", weights.GateBias),
            CorrectionBias = Upload("correction bias", weights.CorrectionBias),
            HashTable = Upload("hash table", weights.HashTable),
            SharedExperts = weights.SharedW13 is null ? null : Experts(weights.SharedW13, weights.SharedW2!),
            SharedGate = Upload("shared gate", weights.SharedGate),
        };
    }

    public MoeLayerWeights Views { get; }

    public void RequireUnmodified()
    {
        foreach (var (name, tensor) in _tensors)
        {
            tensor.RequireUnmodified(name);
            tensor.RequireGuards(name);
        }
    }

    private ExpertWeights Experts(QuantizedWeight w13, QuantizedWeight w2) => new()
    {
        W13 = Upload("w13", w13.Elements),
        W2 = Upload("w2", w2.Elements),
        W13Scale = Upload("w13 scale", w13.Scale),
        W2Scale = Upload("w2 scale", w2.Scale),
        W13GlobalScale = Upload("w13 global scale", w13.GlobalScale),
        W2GlobalScale = Upload("w2 global scale", w2.GlobalScale),
        W13ZeroPoints = Upload("w13 zero points", w13.ZeroPoints),
        W2ZeroPoints = Upload("w2 zero points", w2.ZeroPoints),
    };

    private TensorView Upload(string name, HostTensor? data)
    {
        if (data is null)
        {
            return TensorView.None;
        }

        var tensor = _scope.Upload(data);
        _tensors.Add((name, tensor));
        return tensor.View;
    }
}
