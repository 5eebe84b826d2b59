namespace FusedMoe.Conformance;

/// <summary>One call's tensors in device memory.</summary>
internal sealed class DeviceInputs
{
    public DeviceInputs(CaseScope scope, MoeLayerSpec layer, LayerInputs inputs)
    {
        Hidden = scope.Upload(inputs.Hidden);
        Ids = scope.Upload(inputs.IdTensor());
        Weights = scope.Upload(inputs.WeightTensor());
        Logits = scope.Upload(inputs.Logits);
        TokenIds = scope.Upload(inputs.TokenIds);
        ValidTokens = scope.Upload(HostTensor.FromInts(new TensorShape(1), [inputs.Tokens]));
        Output = scope.Poisoned(layer.ActivationDType, new TensorShape(inputs.Tokens, layer.Shape.Hidden));
    }

    public DeviceTensor Hidden { get; }

    public DeviceTensor Ids { get; }

    public DeviceTensor Weights { get; }

    public DeviceTensor Logits { get; }

    public DeviceTensor TokenIds { get; }

    public DeviceTensor ValidTokens { get; }

    public DeviceTensor Output { get; }

    /// <summary>
    /// The call that gives what the problem's ids are drawn from: ids, logits, or hidden states only.
    /// </summary>
    public MoeKernelCall Call(LayerRun run) => new()
    {
        HiddenStates = Hidden.View,
        Output = Output.View,
        TopKIds = run.BringsIds ? Ids.View : TensorView.None,
        TopKWeights = run.BringsIds ? Weights.View : TensorView.None,
        RouterLogits = run.Problem.Ids == IdPattern.Routed ? Logits.View : TensorView.None,
        TokenIds = run.Problem.Layer.Routing.HasHashTable ? TokenIds.View : TensorView.None,
        TokensHint = run.TokensHint,
        ValidTokens = run.UsesValidTokens ? ValidTokens.View : TensorView.None,
    };

    /// <summary>Replaces the inputs by others of the same sizes.</summary>
    public void Write(LayerInputs inputs)
    {
        Hidden.Write(inputs.Hidden.Bytes);
        Ids.Write(inputs.IdTensor().Bytes);
        Weights.Write(inputs.WeightTensor().Bytes);
        Logits.Write(inputs.Logits.Bytes);
        TokenIds.Write(inputs.TokenIds.Bytes);
    }

    public void RequireUnmodified()
    {
        foreach (var (name, tensor) in new[]
        {
            ("hidden states", Hidden), ("top-k ids", Ids), ("top-k weights", Weights), ("router logits", Logits),
            ("token ids", TokenIds), ("valid tokens", ValidTokens),
        })
        {
            tensor.RequireUnmodified(name);
            tensor.RequireGuards(name);
        }

        Output.RequireGuards("output");
    }
}
