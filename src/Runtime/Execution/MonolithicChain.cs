namespace FusedMoe.Runtime;

/// <summary>Gate projection, prepare, experts that route inside, finalize. Never async.</summary>
internal sealed class MonolithicChain : IChainRun
{
    private readonly KernelFacts _facts;
    private readonly IMonolithicPrepareAndFinalize _scheme;
    private readonly ExpertsSlot[] _slots;
    private readonly RoutingStep _routing;
    private readonly SharedExpertsStep? _shared;
    private readonly Lane _lane;

    /// <summary>Over created stages and one allocated lane.</summary>
    public MonolithicChain(
        KernelFacts facts,
        IMonolithicPrepareAndFinalize scheme,
        ExpertsSlot[] slots,
        RoutingStep routing,
        SharedExpertsStep? shared,
        Lane lane) =>
        (_facts, _scheme, _slots, _routing, _shared, _lane) = (facts, scheme, slots, routing, shared, lane);

    /// <inheritdoc/>
    public bool OutputIsReduced => _scheme.OutputIsReduced;

    /// <inheritdoc/>
    public ExpertsResult Run(in MoeKernelCall call, IComputeStream stream)
    {
        _shared?.Run(call, stream);
        var rows = (int)call.HiddenStates.Shape[0];
        var slot = ExpertsSlot.For(_slots, call.TokensHint > 0 ? call.TokensHint : rows);
        var prepared = Prepare(call, slot, stream);
        var rowsOut = RunExperts(call, slot, prepared, stream);
        using var step = _facts.Step(LayerStep.Finalize);
        _scheme.Finalize(call.Output, rowsOut, call.ValidTokens, stream);
        _shared?.AddTo(call, stream);
        return ExpertsResult.Finished;
    }

    /// <inheritdoc/>
    public void RunInterleaved(in MoeKernelCall first, in MoeKernelCall second, IComputeStream stream)
    {
        Run(first, stream);
        Run(second, stream);
    }

    private MonolithicPreparedInputs Prepare(in MoeKernelCall call, ExpertsSlot slot, IComputeStream stream)
    {
        using var step = _facts.Step(LayerStep.Prepare);
        return _scheme.Prepare(
            new MonolithicPrepareCall
            {
                HiddenStates = call.HiddenStates,
                RouterLogits = _routing.Logits(call, _lane, stream),
                Quant = _facts.Layer.Quant.Activation,
                DeferQuantization = slot.Choice.Experts.ExpectsUnquantizedInputs,
                StaticScale = _facts.Weights.Experts.A13Scale,
                Scratch = _lane.Scratch,
                ValidTokens = call.ValidTokens,
            },
            stream);
    }

    private TensorView RunExperts(
        in MoeKernelCall call, ExpertsSlot slot, in MonolithicPreparedInputs prepared, IComputeStream stream)
    {
        using var step = _facts.Step(LayerStep.Experts);
        var (experts, rows) = (slot.Monolithic, (int)prepared.Activations.Shape[0]);
        if (rows == 0)
        {
            return _lane.Workspace13.Reinterpret(experts.WorkspaceDType, new TensorShape(0, _facts.Shape.Hidden));
        }

        var shapes = experts.WorkspaceShapes(_facts.MaxProblem with { Tokens = rows });
        var isDirect = !_facts.Problem.Deployment.Parallel.UsesAllToAll
            && call.Output.Shape == shapes.Output
            && call.Output.DType == experts.WorkspaceDType;
        var output = isDirect ? call.Output : _lane.Workspace13.Reinterpret(experts.WorkspaceDType, shapes.Output);
        experts.Apply(
            new MonolithicExpertsCall
            {
                Output = output,
                HiddenStates = prepared.Activations,
                HiddenScales = prepared.Scales,
                RouterLogits = prepared.RouterLogits,
                CorrectionBias = _facts.Weights.CorrectionBias,
                Weights = slot.Weights,
                ExpertMap = _facts.ExpertMap,
                Workspace13 = _lane.Workspace13.Reinterpret(experts.WorkspaceDType, shapes.Workspace13),
                Workspace2 = _lane.Workspace2.Reinterpret(experts.WorkspaceDType, shapes.Workspace2),
                ValidTokens = call.ValidTokens,
                TokensHint = call.TokensHint,
            },
            stream);
        return output;
    }
}
