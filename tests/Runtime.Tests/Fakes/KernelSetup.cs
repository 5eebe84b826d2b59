namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>A host with one chain, a layer's weights and a kernel.</summary>
internal sealed class KernelSetup : IDisposable
{
    private readonly Lazy<IMoeKernel> _kernel;

    public KernelSetup(
        MoeLayerSpec? layer = null,
        Func<CallLog, FakeSchemeDescriptor>? scheme = null,
        Func<CallLog, FakeExpertsDescriptor>? experts = null,
        Func<DeploymentSpec, DeploymentSpec>? deployment = null,
        int localExperts = -1,
        Func<CallLog, FakeExpertsDescriptor>? extra = null,
        IReadOnlyDictionary<string, string?>? settings = null)
    {
        Layer = layer ?? Layers.Plain();
        Scheme = scheme?.Invoke(Log) ?? new FakeSchemeDescriptor("local", Log);
        Experts = experts?.Invoke(Log) ?? new FakeExpertsDescriptor("cpu", Log);
        FakeStage[] others = extra is null ? [] : [extra(Log)];
        Host = new FakeHost([new FakeRouterDescriptor("topk", Log), Scheme, Experts, .. others], settings, Log);
        Tensors = new Tensors(Host.Device);
        Deployment = deployment?.Invoke(Host.Deployment) ?? Host.Deployment;
        Weights = LayerMath.RandomWeights(
            Tensors, Layer, localExperts < 0 ? null : localExperts, Deployment.Parallel.TpSize);
        _kernel = new Lazy<IMoeKernel>(() => Host.Composer.Build(Plan, Weights));
        Stream = Host.Device.CreateStream();
    }

    public CallLog Log { get; } = new();

    public MoeLayerSpec Layer { get; }

    public FakeSchemeDescriptor Scheme { get; }

    public FakeExpertsDescriptor Experts { get; }

    public FakeHost Host { get; }

    public Tensors Tensors { get; }

    public DeploymentSpec Deployment { get; }

    public MoeLayerWeights Weights { get; set; }

    public MoeKernelPlan Plan => Host.Composer.Compose(Layer, Deployment);

    public IMoeKernel Kernel => _kernel.Value;

    public IComputeStream Stream { get; }

    /// <summary>A call of <paramref name="rows"/> random rows that lets the kernel project logits.</summary>
    public MoeKernelCall Call(int rows) => new()
    {
        HiddenStates = Tensors.RandomFloats(rows, Layer.Shape.Hidden),
        Output = Tensors.Floats(rows, Layer.Shape.Hidden),
    };

    public float[] Expected(TensorView hidden) => LayerMath.Expected(Layer, Weights, hidden);

    public void Dispose()
    {
        if (_kernel.IsValueCreated)
        {
            _kernel.Value.Dispose();
        }

        Tensors.Dispose();
        Host.Dispose();
    }
}
