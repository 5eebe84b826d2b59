namespace FusedMoe.Runtime;

/// <summary>
/// Turns a plan into a kernel: creates stages, prepares weights, reserves every buffer for the maximum.
/// </summary>
internal sealed class MoeKernelBuilder
{
    private readonly IMoePluginCatalog _catalog;
    private readonly IReadOnlyList<ICommunicatorProvider> _communicators;
    private readonly IReadOnlyList<ILayerOps> _layerOps;
    private readonly IReadOnlyList<IStepRanges> _ranges;

    /// <summary>Over the loaded device providers, communicators, layer steps and profilers.</summary>
    public MoeKernelBuilder(
        IMoePluginCatalog catalog,
        IEnumerable<ICommunicatorProvider> communicators,
        IEnumerable<ILayerOps> layerOps,
        IEnumerable<IStepRanges> ranges) =>
        (_catalog, _communicators, _layerOps, _ranges) = (catalog, [.. communicators], [.. layerOps], [.. ranges]);

    /// <summary>Builds; see <see cref="IMoeKernelComposer.Build"/>.</summary>
    public MoeKernel Build(MoeKernelPlan plan, MoeLayerWeights weights, KernelBuildOptions options)
    {
        ArgumentNullException.ThrowIfNull(weights);
        var problem = ProblemOf(plan);
        WeightChecks.Check(weights, problem);
        return Build(plan, problem, weights, options, isMeasuring: false);
    }

    /// <summary>Measures; see <see cref="IMoeKernelComposer.Measure"/>.</summary>
    public IReadOnlyList<BufferReport> Measure(MoeKernelPlan plan, KernelBuildOptions options)
    {
        var problem = ProblemOf(plan);
        using var kernel = Build(plan, problem, AbsentWeights.Of(problem), options, isMeasuring: true);
        return kernel.Buffers;
    }

    private static RankProblem ProblemOf(MoeKernelPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.IsRunnable ? RankProblem.From(plan.Layer, plan.Deployment) : throw new CompositionException(plan);
    }

    private MoeKernel Build(
        MoeKernelPlan plan, RankProblem problem, MoeLayerWeights weights, KernelBuildOptions options, bool isMeasuring)
    {
        var owned = new DisposableStack();
        try
        {
            var device = options.Device ?? Open(plan.Deployment.Device.Id);
            var kind = device.Traits.Id.Kind;
            var ops = _layerOps.FirstOrDefault(o => o.DeviceKind == kind);
            var ranges = _ranges.FirstOrDefault(r => r.DeviceKind == kind && r.Availability.IsYes);
            var services = new RankServices(device, Communicator(plan, options, owned), ops, ranges);
            var memory = new KernelMemory(device, owned, isMeasuring);
            return new KernelBuild(plan, problem, weights, services, memory, owned)
                .Run(shared => SharedExperts(plan.SharedExperts!, shared, weights.SharedGate, services, isMeasuring));
        }
        catch
        {
            owned.Dispose();
            throw;
        }
    }

    private MoeKernel SharedExperts(
        MoeKernelPlan plan, ExpertWeights shared, TensorView gate, RankServices services, bool isMeasuring)
    {
        var problem = ProblemOf(plan);
        var weights = new MoeLayerWeights { Experts = shared, Gate = gate };
        if (!isMeasuring)
        {
            WeightChecks.Check(weights, problem);
        }

        var options = new KernelBuildOptions { Device = services.Device, Communicator = services.Communicator };
        return Build(plan, problem, weights, options, isMeasuring);
    }

    private IComputeDevice Open(DeviceId id) =>
        (_catalog.DeviceProviders.FirstOrDefault(p => p.Kind == id.Kind)
            ?? throw new ArgumentException(
                $"device {id} must be offered by a loaded plugin, got none; give KernelBuildOptions.Device."))
        .Open(id.Index);

    private ICommunicator? Communicator(MoeKernelPlan plan, KernelBuildOptions options, DisposableStack owned)
    {
        var parallel = plan.Deployment.Parallel;
        if (!parallel.UsesAllToAll)
        {
            return null;
        }

        if (options.Communicator is { } given)
        {
            return given.Size == parallel.EpSize && given.Rank == parallel.EpRank
                ? given
                : throw new ArgumentException(
                    $"communicator must be rank {parallel.EpRank} of {parallel.EpSize} (the plan), " +
                    $"got rank {given.Rank} of {given.Size}.");
        }

        var kind = plan.Deployment.Device.Id.Kind;
        var provider = _communicators.FirstOrDefault(p => p.Kind == kind && p.Size == parallel.EpSize);
        return provider is null
            ? throw new CompositionException(plan with
            {
                Chain = null,
                Because = "No communicator joins the plan's ranks.",
                Refusals =
                [
                    .. plan.Refusals,
                    new Refusal(
                        RefusalCodes.NoCommunicator,
                        "communicator",
                        $"registered for {parallel.EpSize} ranks of {kind} devices",
                        "none",
                        "register an ICommunicatorProvider or give KernelBuildOptions.Communicator"),
                ],
            })
            : owned.Own(provider.Create(parallel.EpRank));
    }
}
