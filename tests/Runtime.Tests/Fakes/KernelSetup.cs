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
        var local = localExperts < 0 ? Layer.Shape.Experts : localExperts;
        var shared = Layer.Features.SharedExperts;
        Weights = new MoeLayerWeights
        {
            Experts = Tensors.Experts(local, Layer),
            Gate = Tensors.RandomFloats(Layer.Shape.Experts, Layer.Shape.Hidden),
            SharedExperts = shared is null ? null : Tensors.Experts(1, Layer, shared.Intermediate / Deployment.Parallel.TpSize),
            SharedGate = shared is { HasGate: true } ? Tensors.RandomFloats(1, Layer.Shape.Hidden) : TensorView.None,
        };
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

    /// <summary>
    /// The layer's output by hand: gate, top-k with softmax over the selected, experts, shared experts.
    /// </summary>
    public float[] Expected(TensorView hidden)
    {
        var (rows, width) = ((int)hidden.Shape[0], Layer.Shape.Hidden);
        var (k, experts) = (Layer.Shape.TopK, Layer.Shape.Experts);
        var result = new float[rows * width];
        var scratch = new float[64];
        for (var m = 0; m < rows; m++)
        {
            var x = hidden.AsSpan<float>().Slice(m * width, width).ToArray();
            var logits = Enumerable.Range(0, experts).Select(e => Dot(Weights.Gate, e, x)).ToArray();
            var best = Enumerable.Range(0, experts).OrderByDescending(e => logits[e]).Take(k).ToArray();
            var sum = best.Sum(e => MathF.Exp(logits[e] - logits[best[0]]));
            var row = result.AsSpan(m * width, width);
            foreach (var e in best)
            {
                ExpertMath.Add(x, Weights.Experts, e, MathF.Exp(logits[e] - logits[best[0]]) / sum, row, scratch);
            }

            if (Weights.SharedExperts is { } shared)
            {
                var gate = Weights.SharedGate.IsNone ? 1 : 1 / (1 + MathF.Exp(-Dot(Weights.SharedGate, 0, x)));
                ExpertMath.Add(x, shared, 0, gate, row, scratch);
            }
        }

        return result;
    }

    public void Dispose()
    {
        if (_kernel.IsValueCreated)
        {
            _kernel.Value.Dispose();
        }

        Tensors.Dispose();
        Host.Dispose();
    }

    private static float Dot(TensorView weight, int row, float[] x) =>
        x.Select((v, i) => v * weight.AsSpan<float>()[(row * x.Length) + i]).Sum();
}
