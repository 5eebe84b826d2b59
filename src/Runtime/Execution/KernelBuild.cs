namespace FusedMoe.Runtime;

/// <summary>One build under way. Everything it creates belongs to the stack it was given.</summary>
internal sealed class KernelBuild
{
    private readonly MoeKernelPlan _plan;
    private readonly RankProblem _problem;
    private readonly MoeLayerWeights _weights;
    private readonly RankServices _services;
    private readonly DisposableStack _owned;
    private readonly KernelMemory _memory;

    /// <summary>For a runnable plan and checked weights.</summary>
    public KernelBuild(
        MoeKernelPlan plan,
        RankProblem problem,
        MoeLayerWeights weights,
        RankServices services,
        KernelMemory memory,
        DisposableStack owned)
    {
        (_plan, _problem, _weights, _services, _memory, _owned) = (plan, problem, weights, services, memory, owned);
    }

    private bool ProjectsLogits => !_weights.Gate.IsNone && (_plan.Chain!.Router is not null || IsMonolithic);

    private bool IsMonolithic => _plan.Chain!.PrepareAndFinalize.IsMonolithic;

    /// <summary>Creates stages, prepares weights, reserves buffers.</summary>
    /// <param name="buildShared">Builds the shared experts' kernel from their weights.</param>
    public MoeKernel Run(Func<ExpertWeights, MoeKernel> buildShared)
    {
        var chain = _plan.Chain!;
        var local = (int)_weights.Experts.W13.Shape[0];
        var context = new StageContext(_problem.StageLayer, _plan.Deployment, _services.Device, local, _services.Communicator);
        var router = chain.Router is { } r ? _owned.Own(r.Create(context with { Layer = _problem.RouterLayer })) : null;
        IPrepareAndFinalizeBase scheme = IsMonolithic
            ? _owned.Own(chain.PrepareAndFinalize.CreateMonolithic(context))
            : _owned.Own(chain.PrepareAndFinalize.Create(context));
        using var stream = _services.Device.CreateStream();
        var slots = Slots(chain, context, stream);
        scheme.OnComposed(slots[0].Experts);
        var facts = Facts(scheme, local, router is not null, stream);
        if (ProjectsLogits && _services.LayerOps is null)
        {
            throw MissingOps("gate projection");
        }

        var routing = new RoutingStep(facts, router, _services.LayerOps);
        var shared = SharedExperts(scheme, buildShared, stream);
        var lanes = Lanes(scheme, slots, facts, router is not null);
        stream.Synchronize();
        IChainRun run = scheme is IPrepareAndFinalize modular
            ? new ModularChain(facts, modular, slots, routing, (shared, Identity(scheme)), lanes)
            : new MonolithicChain(facts, (IMonolithicPrepareAndFinalize)scheme, slots, routing, shared, lanes[0]);
        return new MoeKernel(_plan, _services.Device, run, facts, _memory.Reports, _owned);
    }

    private ExpertsSlot[] Slots(MoeChain chain, StageContext context, IComputeStream stream)
    {
        var prepared = new Dictionary<(WeightLayout Layout, IFusedExpertsDescriptor? Owner), IPreparedWeights?>();
        var created = new Dictionary<IFusedExpertsDescriptor, IExpertsBase>();
        var slots = new List<ExpertsSlot>();
        foreach (var choice in chain.Experts)
        {
            if (!created.TryGetValue(choice.Experts, out var experts))
            {
                experts = choice.Experts.IsMonolithic
                    ? _owned.Own(choice.Experts.CreateMonolithic(context))
                    : _owned.Own(choice.Experts.Create(context));
                created.Add(choice.Experts, experts);
            }

            // The checkpoint's own layout is not copied, so that every backend checks the views for its kernels.
            var layout = choice.Experts.WeightLayout;
            var key = (layout, layout == WeightLayout.Checkpoint ? choice.Experts : null);
            if (!prepared.TryGetValue(key, out var weights))
            {
                weights = _memory.IsMeasuring ? null : Prepare(experts, stream);
                prepared.Add(key, weights);
            }

            slots.Add(new ExpertsSlot(choice, experts, weights!));
        }

        return [.. slots];
    }

    private IPreparedWeights Prepare(IExpertsBase experts, IComputeStream stream)
    {
        var weights = _owned.Own(experts.PrepareWeights(_weights.Experts, stream));
        _memory.Report($"weights prepared as {weights.Layout}", weights.AllocatedBytes);
        return weights;
    }

    private KernelFacts Facts(IPrepareAndFinalizeBase scheme, int local, bool hasRouter, IComputeStream stream)
    {
        var (shape, maxTokens) = (_problem.StageLayer.Shape, _plan.Deployment.MaxTokens);
        var isBatched = scheme.ActivationFormat == ActivationFormat.Batched;
        if (scheme.MaxTokensPerRank is { } limit && limit < maxTokens)
        {
            throw new ArgumentException(
                $"max tokens must be at most {limit} for '{scheme.Descriptor.Name}', got {maxTokens}; " +
                "lower FusedMoe:Deployment:MaxTokens.");
        }

        return new KernelFacts
        {
            Problem = _problem,
            Weights = _weights,
            ExpertMap = UploadMap(stream),
            MaxProblem = new ExpertsProblem(
                scheme.MaxDispatchedTokens(maxTokens),
                local,
                shape.Experts,
                _problem.StageLayer.GateUpSize,
                shape.Hidden,
                shape.TopK,
                isBatched ? scheme.MaxTokensPerRank ?? maxTokens : 0,
                scheme.DispatcherCount),
            IdsDType = scheme.TopKIndicesDType ?? DType.Int32,
            IsMonolithic = IsMonolithic,
            HasRouter = hasRouter,
            Ranges = _services.Ranges,
        };
    }

    private TensorView UploadMap(IComputeStream stream) => _problem.ExpertMap is { } map
        ? _memory.Upload("expert map", DType.Int32, new TensorShape(map.Count), map.ToArray(), stream)
        : TensorView.None;

    private Lane[] Lanes(IPrepareAndFinalizeBase scheme, ExpertsSlot[] slots, KernelFacts facts, bool hasRouter)
    {
        long shared13 = 0;
        long bytes2 = 0;
        foreach (var slot in slots)
        {
            var shapes = slot.Experts.WorkspaceShapes(facts.MaxProblem);
            var dtype = slot.Experts.WorkspaceDType;
            shared13 = Math.Max(shared13, dtype.BytesFor(Math.Max(shapes.Workspace13.Elements, shapes.Output.Elements)));
            bytes2 = Math.Max(bytes2, dtype.BytesFor(shapes.Workspace2.Elements));
        }

        var tokens = facts.MaxTokens;
        var workspace2 = _memory.Allocate("workspace2", DType.UInt8, new TensorShape(bytes2));
        var logits = ProjectsLogits ? new TensorShape(tokens, facts.Logits) : default;
        var routed = hasRouter ? new TensorShape(tokens, facts.Shape.TopK) : default;
        var scratch = new TensorShape(scheme.ScratchBytes(tokens));
        var count = scheme is IPrepareAndFinalize { SupportsAsync: true } ? 2 : 1;
        return
        [
            .. Enumerable.Range(0, count).Select(i => new Lane
            {
                Index = i,
                Logits = _memory.Allocate($"router logits {i}", facts.Layer.Features.RouterLogitsDType, logits),
                TopKIds = _memory.Allocate($"top-k ids {i}", facts.IdsDType, routed),
                TopKWeights = _memory.Allocate($"top-k weights {i}", DType.Float32, routed),
                Scratch = _memory.Allocate($"prepare/finalize scratch {i}", DType.UInt8, scratch),
                Workspace13 = _memory.Allocate($"workspace13 and output {i}", DType.UInt8, new TensorShape(shared13)),
                Workspace2 = workspace2,
            }),
        ];
    }

    // An output that the caller still sums over ranks must hold the shared experts once: tensor-parallel ranks each add
    // their slice, of expert-parallel ranks only the first adds them.
    private SharedExpertsStep? SharedExperts(
        IPrepareAndFinalizeBase scheme, Func<ExpertWeights, MoeKernel> buildShared, IComputeStream stream)
    {
        if (_plan.SharedExperts is not { } plan || (!scheme.OutputIsReduced && _plan.Deployment.Parallel.EpRank > 0))
        {
            return null;
        }

        if (_weights.SharedExperts is not { } weights)
        {
            throw new ArgumentException(
                "shared experts' weights must be given because the layer has shared experts, got none.");
        }

        if (_plan.Layer.Features.SharedExperts!.HasGate && _weights.SharedGate.IsNone)
        {
            throw new ArgumentException("shared experts' gate must be given because the layer has one, got none.");
        }

        var kernel = _owned.Own(buildShared(weights));
        _memory.Report("shared experts:", kernel.Buffers);
        var (tokens, hidden) = (_plan.Deployment.MaxTokens, _plan.Layer.Shape.Hidden);
        var output = _memory.Allocate("shared experts' output", _plan.Layer.ActivationDType, new TensorShape(tokens, hidden));
        var ops = _services.LayerOps ?? throw MissingOps("adding shared experts");
        return new SharedExpertsStep(kernel, ops, output, Always(plan, tokens, stream));
    }

    // As shared experts: once in an output that the caller still sums over ranks.
    private IdentityStep? Identity(IPrepareAndFinalizeBase scheme)
    {
        var (count, ops) = (_problem.Layer.Routing.IdentityExperts, _services.LayerOps);
        return count == 0 || (!scheme.OutputIsReduced && _plan.Deployment.Parallel.EpRank > 0)
            ? null
            : new IdentityStep(ops ?? throw MissingOps("adding identity experts"), _problem.Layer.Shape.Experts, count);
    }

    private Routed Always(MoeKernelPlan plan, int tokens, IComputeStream stream)
    {
        if (plan.Chain!.Router is not null || plan.Chain.PrepareAndFinalize.IsMonolithic)
        {
            return default;
        }

        var ones = new float[tokens];
        Array.Fill(ones, 1f);
        var shape = new TensorShape(tokens, 1);
        return new Routed(
            _memory.Upload("shared experts' ids", DType.Int32, shape, new int[tokens], stream),
            _memory.Upload("shared experts' weights", DType.Float32, shape, ones, stream));
    }

    private ArgumentException MissingOps(string step) => new(
        $"{step} needs the layer steps of a {_services.Device.Traits.Id.Kind} plugin, got none; " +
        "load a plugin that registers ILayerOps.");
}
