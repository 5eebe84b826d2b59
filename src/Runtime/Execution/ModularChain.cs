namespace FusedMoe.Runtime;

/// <summary>
/// Router, prepare, experts, finalize. Finalize gets the dispatched ids and weights; zero dispatched rows skip the
/// experts but never the collectives. Shared experts run before the routed ones, or, in async chains, while the combine
/// travels.
/// </summary>
internal sealed class ModularChain : IChainRun
{
    private readonly KernelFacts _facts;
    private readonly IPrepareAndFinalize _scheme;
    private readonly ExpertsSlot[] _slots;
    private readonly RoutingStep _routing;
    private readonly SharedExpertsStep? _shared;
    private readonly IdentityStep? _identity;
    private readonly Lane[] _lanes;
    private readonly bool _canDefer;

    /// <summary>Over created stages and allocated lanes; two lanes exactly when the scheme is async.</summary>
    public ModularChain(
        KernelFacts facts,
        IPrepareAndFinalize scheme,
        ExpertsSlot[] slots,
        RoutingStep routing,
        (SharedExpertsStep? Shared, IdentityStep? Identity) additions,
        Lane[] lanes)
    {
        (_facts, _scheme, _slots, _routing, _lanes) = (facts, scheme, slots, routing, lanes);
        (_shared, _identity) = additions;
        _canDefer = facts.Problem.Deployment.DeferFinalize && scheme.SupportsDeferredFinalize
            && additions is (null, null);
    }

    /// <inheritdoc/>
    public bool OutputIsReduced => _scheme.OutputIsReduced;

    /// <inheritdoc/>
    public ExpertsResult Run(in MoeKernelCall call, IComputeStream stream)
    {
        var flight = Start(call, 0, stream);
        if (_scheme.SupportsAsync)
        {
            var arriving = BeginPrepare(call, flight, stream);
            Arrive(ref flight, arriving);
            RunExperts(call, ref flight, stream);
            if (!flight.Result.IsUnfinalized)
            {
                var combining = BeginFinalize(call, flight, stream);
                _shared?.Run(call, stream);
                Complete(call, flight, combining, stream);
            }

            return flight.Result;
        }

        _shared?.Run(call, stream);
        using (_facts.Step(LayerStep.Prepare))
        {
            Take(ref flight, _scheme.Prepare(PrepareArguments(call, flight), stream));
        }

        RunExperts(call, ref flight, stream);
        if (!flight.Result.IsUnfinalized)
        {
            using var step = _facts.Step(LayerStep.Finalize);
            _scheme.Finalize(FinalizeArguments(call, flight), stream);
            Add(call, flight, stream);
        }

        return flight.Result;
    }

    /// <inheritdoc/>
    public void RunInterleaved(in MoeKernelCall first, in MoeKernelCall second, IComputeStream stream)
    {
        if (!_scheme.SupportsAsync)
        {
            Run(first, stream);
            Run(second, stream);
            return;
        }

        // Every rank takes these steps in this order whatever its tokens, so the ranks' collectives pair up.
        var (a, b) = (Start(first, 0, stream), Start(second, 1, stream));
        var arrivingA = BeginPrepare(first, a, stream);
        var arrivingB = BeginPrepare(second, b, stream);
        Arrive(ref a, arrivingA);
        RunExperts(first, ref a, stream, canDefer: false);
        var combiningA = BeginFinalize(first, a, stream);
        _shared?.Run(first, stream);
        Arrive(ref b, arrivingB);
        RunExperts(second, ref b, stream, canDefer: false);
        var combiningB = BeginFinalize(second, b, stream);
        Complete(first, a, combiningA, stream);
        _shared?.Run(second, stream);
        Complete(second, b, combiningB, stream);
    }

    private Flight Start(in MoeKernelCall call, int lane, IComputeStream stream)
    {
        using var step = _facts.Step(LayerStep.Route);
        var rows = (int)call.HiddenStates.Shape[0];
        var routed = _routing.Route(call, _lanes[lane], stream);
        return new Flight
        {
            Lane = _lanes[lane],
            Slot = ExpertsSlot.For(_slots, call.TokensHint > 0 ? call.TokensHint : rows),
            Routed = routed,
            Chosen = routed,
        };
    }

    private IPrepareReceiver BeginPrepare(in MoeKernelCall call, in Flight flight, IComputeStream stream)
    {
        using var step = _facts.Step(LayerStep.Prepare);
        return _scheme.BeginPrepare(PrepareArguments(call, flight), stream);
    }

    private IFinalizeReceiver BeginFinalize(in MoeKernelCall call, in Flight flight, IComputeStream stream)
    {
        using var step = _facts.Step(LayerStep.Finalize);
        return _scheme.BeginFinalize(FinalizeArguments(call, flight), stream);
    }

    private static void Arrive(ref Flight flight, IPrepareReceiver arriving)
    {
        if (arriving.HasArrivalHook)
        {
            arriving.WaitArrival();
        }

        Take(ref flight, arriving.Receive());
    }

    private static void Take(ref Flight flight, PreparedInputs prepared)
    {
        flight.Prepared = prepared;
        flight.Routed = new Routed(
            prepared.TopKIds.IsNone ? flight.Routed.Ids : prepared.TopKIds,
            prepared.TopKWeights.IsNone ? flight.Routed.Weights : prepared.TopKWeights);
    }

    private void Complete(in MoeKernelCall call, in Flight flight, IFinalizeReceiver combining, IComputeStream stream)
    {
        if (combining.HasArrivalHook)
        {
            combining.WaitArrival();
        }

        combining.Receive();
        Add(call, flight, stream);
    }

    private void Add(in MoeKernelCall call, in Flight flight, IComputeStream stream)
    {
        _shared?.AddTo(call, stream);
        _identity?.AddTo(call, flight.Chosen, stream);
    }

    private void RunExperts(in MoeKernelCall call, ref Flight flight, IComputeStream stream, bool canDefer = true)
    {
        using var step = _facts.Step(LayerStep.Experts);
        var (experts, input) = (flight.Slot.Modular, flight.Prepared.Activations);
        var isBatched = _scheme.ActivationFormat == ActivationFormat.Batched;
        var rows = isBatched ? input.Shape[1] : input.Shape[0];
        if (rows == 0)
        {
            var empty = new TensorShape(0, _facts.Shape.Hidden);
            flight.ExpertOutput = flight.Lane.Workspace13.Reinterpret(experts.WorkspaceDType, empty);
            return;
        }

        var shapes = experts.WorkspaceShapes(isBatched ? _facts.MaxProblem : _facts.MaxProblem with { Tokens = (int)rows });
        flight.ExpertOutput = IsDirect(call, experts, shapes)
            ? call.Output
            : flight.Lane.Workspace13.Reinterpret(experts.WorkspaceDType, shapes.Output);
        var defer = canDefer && _canDefer && flight.Slot.Choice.Experts.CanDeferFinalize;
        flight.Result = experts.Apply(ExpertsArguments(call, flight, shapes, defer), stream);
        if (flight.Result.IsUnfinalized && !defer)
        {
            var name = flight.Slot.Choice.Experts.Name;
            throw new InvalidOperationException(
                $"result of experts '{name}' must be finalized because nobody takes another, got an unfinalized one.");
        }
    }

    // Finished rows of one rank need no combine: the experts may write them where the caller wants them.
    private bool IsDirect(in MoeKernelCall call, IFusedExperts experts, in WorkspaceShapes shapes) =>
        experts.WeightAndReduce.Kind == WeightAndReduceKind.NoOp
        && !_facts.Problem.Deployment.Parallel.UsesAllToAll
        && _scheme.ActivationFormat == ActivationFormat.Standard
        && call.Output.Shape == shapes.Output
        && call.Output.DType == experts.WorkspaceDType;

    private PrepareCall PrepareArguments(in MoeKernelCall call, in Flight flight) => new()
    {
        HiddenStates = call.HiddenStates,
        TopKWeights = flight.Routed.Weights,
        TopKIds = flight.Routed.Ids,
        ExpertMap = _facts.ExpertMap,
        GlobalExperts = _facts.Shape.Experts,
        RouterWeightOnInput = _facts.Layer.Features.RouterWeightOnInput,
        Quant = _facts.Layer.Quant.Activation,
        DeferQuantization = flight.Slot.Choice.Experts.ExpectsUnquantizedInputs,
        StaticScale = _facts.Weights.Experts.A13Scale,
        Scratch = flight.Lane.Scratch,
        ValidTokens = call.ValidTokens,
        Lane = flight.Lane.Index,
    };

    private ExpertsCall ExpertsArguments(
        in MoeKernelCall call, in Flight flight, in WorkspaceShapes shapes, bool defer) => new()
        {
            Output = flight.ExpertOutput,
            HiddenStates = flight.Prepared.Activations,
            HiddenScales = flight.Prepared.Scales,
            TopKWeights = flight.Routed.Weights,
            TopKIds = flight.Routed.Ids,
            Weights = flight.Slot.Weights,
            ExpertMap = _facts.ExpertMap,
            ExpertTokens = flight.Prepared.ExpertTokens,
            Workspace13 = flight.Lane.Workspace13.Reinterpret(flight.Slot.Experts.WorkspaceDType, shapes.Workspace13),
            Workspace2 = flight.Lane.Workspace2.Reinterpret(flight.Slot.Experts.WorkspaceDType, shapes.Workspace2),
            GlobalExperts = _facts.Shape.Experts,
            RouterWeightOnInput = _facts.Layer.Features.RouterWeightOnInput,

            // Rows that travelled are all live; the caller's count and hint speak of the rows before they travelled.
            ValidTokens = flight.Prepared.TopKIds.IsNone ? call.ValidTokens : TensorView.None,
            TokensHint = ExpertsHint.For(
                _scheme.ActivationFormat, call.TokensHint, (int)call.HiddenStates.Shape[0], _scheme.DispatcherCount,
                hasTravelled: !flight.Prepared.TopKIds.IsNone),
            Configuration = flight.Slot.Choice.Configuration,
            Lora = call.Lora,
            DeferFinalize = defer,
        };

    private FinalizeCall FinalizeArguments(in MoeKernelCall call, in Flight flight) => new()
    {
        Output = call.Output,
        ExpertOutput = flight.ExpertOutput,
        TopKWeights = flight.Routed.Weights,
        TopKIds = flight.Routed.Ids,
        ExpertMap = _facts.ExpertMap,
        GlobalExperts = _facts.Shape.Experts,
        RouterWeightOnInput = _facts.Layer.Features.RouterWeightOnInput,
        WeightAndReduce = flight.Slot.Modular.WeightAndReduce,
        Scratch = flight.Lane.Scratch,
        ValidTokens = call.ValidTokens,
        Lane = flight.Lane.Index,
    };
}
