namespace FusedMoe.Conformance;

/// <summary>A router with its tensors on the device.</summary>
internal sealed class DirectRouter
{
    private readonly CaseScope _scope;
    private readonly MoeLayerSpec _layer;
    private readonly IRouter _router;
    private readonly DeviceWeights _weights;
    private readonly DeviceInputs _inputs;
    private readonly DeviceTensor _ids;
    private readonly DeviceTensor _topKWeights;

    public DirectRouter(
        CaseScope scope, IRouterDescriptor descriptor, LayerProblem problem, LayerInputs inputs, DType idType)
    {
        (_scope, _layer) = (scope, problem.Layer);
        _weights = new DeviceWeights(scope, scope.Context.Problems.Weights(problem.Layer, problem.Seed));
        _inputs = new DeviceInputs(scope, problem.Layer, inputs);
        var slots = new TensorShape(inputs.Tokens, problem.TopK + problem.Layer.Routing.FusedSharedExperts);
        _ids = scope.Poisoned(idType, slots);
        _topKWeights = scope.Poisoned(DType.Float32, slots);
        scope.Stream.Synchronize();
        var deployment = new DeploymentSpec
        {
            Device = scope.Context.Device.Traits,
            MaxTokens = Math.Max(1, inputs.Tokens),
        };
        var context = new StageContext(
            problem.Layer, deployment, scope.Context.Device, problem.Layer.Shape.Experts, null);
        _router = scope.Own(descriptor.Create(context));
    }

    public DeviceInputs Inputs => _inputs;

    public RouteCall Call(bool usesValidTokens = false) => new()
    {
        Logits = _inputs.Logits.View,
        CorrectionBias = _weights.Views.CorrectionBias,
        HashTable = _weights.Views.HashTable,
        TokenIds = _layer.Routing.HasHashTable ? _inputs.TokenIds.View : TensorView.None,
        TopKIds = _ids.View,
        TopKWeights = _topKWeights.View,
        ValidTokens = usesValidTokens ? _inputs.ValidTokens.View : TensorView.None,
    };

    public void Enqueue(in RouteCall call) => _router.Route(call, _scope.Stream);

    /// <summary>One call from poisoned outputs, with all checks of memory.</summary>
    public (int[] Ids, float[] Weights) Run(bool usesValidTokens = false)
    {
        _ids.Poison();
        _topKWeights.Poison();
        Enqueue(Call(usesValidTokens));
        _scope.Stream.Synchronize();
        _ids.RequireGuards("top-k ids");
        _topKWeights.RequireGuards("top-k weights");
        _inputs.RequireUnmodified();
        _weights.RequireUnmodified();
        return (_ids.ReadTensor().ToInts(), _topKWeights.ReadFloats());
    }
}
