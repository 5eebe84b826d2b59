namespace FusedMoe.Conformance;

/// <summary>
/// A modular pair driven stage by stage, without the composed kernel: buffers of exactly the asked sizes between guard
/// bytes, the output over workspace13, everything poisoned before use.
/// </summary>
internal sealed class DirectChain
{
    private readonly CaseScope _scope;
    private readonly LayerRun _run;
    private readonly IPrepareAndFinalize _prepare;
    private readonly IFusedExperts _experts;
    private readonly IPreparedWeights _prepared;
    private readonly DeviceTensor _scratch;
    private readonly TensorView _map;
    private readonly MoeLayerSpec _layer;
    private readonly DeviceWeights _weights;
    private readonly DeviceInputs _inputs;
    private readonly int _localExperts;

    public DirectChain(CaseScope scope, LayerRun run, int rank, ICommunicator? communicator)
    {
        (_scope, _run, _layer) = (scope, run, run.Problem.Layer);
        var deployment = run.Deployment(scope.Context, rank);
        var local = run.Topology.Experts(rank, _layer.Shape.Experts, run.ExpertMap);
        _localExperts = local.Count;
        _weights = new DeviceWeights(scope, RankWeights.Of(LayerCheck.Weights(scope, run), run, rank));
        var (start, count) = run.Topology.Rows(rank, run.Problem.Tokens);
        _inputs = new DeviceInputs(
            scope, _layer, (run.Inputs ?? scope.Context.Problems.Inputs(run.Problem)).Rows(start, count));
        if (communicator is not null)
        {
            scope.Own(communicator);
        }

        scope.Stream.Synchronize();
        var context = new StageContext(_layer, deployment, scope.Context.Device, local.Count, communicator);
        _prepare = scope.Own(run.Subject.Prepare.Create(context));
        _experts = scope.Own(run.Subject.Experts.Create(context));
        _prepare.OnComposed(_experts);
        _prepared = scope.Own(_experts.PrepareWeights(_weights.Views.Experts, scope.Stream));
        _scratch = scope.Poisoned(DType.UInt8, new TensorShape(_prepare.ScratchBytes(deployment.MaxTokens)));
        _map = UsesMap(run) ? scope.Upload(Map(local, _layer.Shape.Experts)).View : TensorView.None;
    }

    public IPrepareAndFinalize Prepare => _prepare;

    public IFusedExperts Experts => _experts;

    /// <summary>The weights as they are before preparing.</summary>
    public ExpertWeights SourceWeights => _weights.Views.Experts;

    /// <summary>One call from poisoned buffers; gives the output's bytes.</summary>
    public byte[] Run(bool isAsync)
    {
        _inputs.Output.Poison();
        var inputs = PrepareOnce(isAsync);
        var output = RunExperts(inputs);
        FinalizeOnce(isAsync, inputs, output);
        _scope.Stream.Synchronize();
        _scratch.RequireGuards("prepare/finalize scratch");
        _inputs.RequireUnmodified();
        _weights.RequireUnmodified();
        return _inputs.Output.Read();
    }

    /// <summary>
    /// The experts' arguments after prepare, with poisoned workspaces; null when no row arrived. Their output is not finalized.
    /// </summary>
    public ExpertsCall? Dispatch()
    {
        var inputs = PrepareOnce(isAsync: false);
        var rows = IsBatched ? inputs.Activations.Shape[1] : inputs.Activations.Shape[0];
        if (rows == 0)
        {
            return null;
        }

        var shapes = _experts.WorkspaceShapes(Problem((int)rows));
        var elements = Math.Max(shapes.Workspace13.Elements, shapes.Output.Elements);
        return ExpertsArguments(inputs, shapes, Workspace(elements).View, Workspace(shapes.Workspace2.Elements).View);
    }

    /// <summary>Sizes of a call of <paramref name="tokens"/> dispatched rows.</summary>
    public ExpertsProblem Problem(int tokens) => new(
        tokens,
        _localExperts,
        _layer.Shape.Experts,
        _layer.GateUpSize,
        _layer.Shape.Hidden,
        _layer.Shape.TopK,
        IsBatched ? _prepare.MaxTokensPerRank ?? _run.Deployment(_scope.Context, 0).MaxTokens : 0,
        _prepare.DispatcherCount);

    private bool IsBatched => _prepare.ActivationFormat == ActivationFormat.Batched;

    private static bool UsesMap(LayerRun run) =>
        run.ExpertMap is not null || (run.Topology.Ranks > 1 && !run.Topology.SplitsTensors);

    private static HostTensor Map(IReadOnlyList<int> local, int experts)
    {
        var map = Enumerable.Repeat(-1, experts).ToArray();
        for (var l = 0; l < local.Count; l++)
        {
            map[local[l]] = l;
        }

        return HostTensor.FromInts(new TensorShape(experts), map);
    }

    private PreparedInputs PrepareOnce(bool isAsync)
    {
        var call = new PrepareCall
        {
            HiddenStates = _inputs.Hidden.View,
            TopKWeights = _inputs.Weights.View,
            TopKIds = _inputs.Ids.View,
            ExpertMap = _map,
            GlobalExperts = _layer.Shape.Experts,
            RouterWeightOnInput = _layer.Features.RouterWeightOnInput,
            Quant = _layer.Quant.Activation,
            DeferQuantization = _run.Subject.Experts.ExpectsUnquantizedInputs,
            StaticScale = _weights.Views.Experts.A13Scale,
            Scratch = _scratch.View,
        };
        if (!isAsync)
        {
            return _prepare.Prepare(call, _scope.Stream);
        }

        var receiver = _prepare.BeginPrepare(call, _scope.Stream);
        if (receiver.HasArrivalHook)
        {
            receiver.WaitArrival();
        }

        return receiver.Receive();
    }

    private TensorView RunExperts(in PreparedInputs inputs)
    {
        var rows = IsBatched ? inputs.Activations.Shape[1] : inputs.Activations.Shape[0];
        if (rows == 0)
        {
            var none = new TensorShape(0, _layer.Shape.Hidden);
            return _scope.Poisoned(_experts.WorkspaceDType, none).View;
        }

        var shapes = _experts.WorkspaceShapes(Problem((int)rows));
        var shared = Workspace(Math.Max(shapes.Workspace13.Elements, shapes.Output.Elements));
        var workspace2 = Workspace(shapes.Workspace2.Elements);
        var output = shared.View.Reinterpret(_experts.WorkspaceDType, shapes.Output);
        var result = _experts.Apply(ExpertsArguments(inputs, shapes, shared.View, workspace2.View), _scope.Stream);
        shared.RequireGuards($"workspace13 {shapes.Workspace13} and output {shapes.Output}");
        workspace2.RequireGuards($"workspace2 {shapes.Workspace2}");
        return !result.IsUnfinalized
            ? output
            : throw new CaseFailedException(
                "The experts must finish their result unless asked to defer, got an unfinalized one.");
    }

    private ExpertsCall ExpertsArguments(
        in PreparedInputs inputs, in WorkspaceShapes shapes, TensorView shared, TensorView workspace2) => new()
        {
            Output = shared.Reinterpret(_experts.WorkspaceDType, shapes.Output),
            HiddenStates = inputs.Activations,
            HiddenScales = inputs.Scales,
            TopKWeights = Weights(inputs),
            TopKIds = Ids(inputs),
            Weights = _prepared,
            ExpertMap = _map,
            ExpertTokens = inputs.ExpertTokens,
            Workspace13 = shared.Reinterpret(_experts.WorkspaceDType, shapes.Workspace13),
            Workspace2 = workspace2.Reinterpret(_experts.WorkspaceDType, shapes.Workspace2),
            GlobalExperts = _layer.Shape.Experts,
            RouterWeightOnInput = _layer.Features.RouterWeightOnInput,
        };

    private DeviceTensor Workspace(long elements) =>
        _scope.Poisoned(DType.UInt8, new TensorShape(_experts.WorkspaceDType.BytesFor(elements)));

    private void FinalizeOnce(bool isAsync, in PreparedInputs inputs, TensorView expertOutput)
    {
        var call = new FinalizeCall
        {
            Output = _inputs.Output.View,
            ExpertOutput = expertOutput,
            TopKWeights = Weights(inputs),
            TopKIds = Ids(inputs),
            ExpertMap = _map,
            GlobalExperts = _layer.Shape.Experts,
            RouterWeightOnInput = _layer.Features.RouterWeightOnInput,
            WeightAndReduce = _experts.WeightAndReduce,
            Scratch = _scratch.View,
        };
        if (!isAsync)
        {
            _prepare.Finalize(call, _scope.Stream);
            return;
        }

        var receiver = _prepare.BeginFinalize(call, _scope.Stream);
        if (receiver.HasArrivalHook)
        {
            receiver.WaitArrival();
        }

        receiver.Receive();
    }

    private TensorView Ids(in PreparedInputs inputs) => inputs.TopKIds.IsNone ? _inputs.Ids.View : inputs.TopKIds;

    private TensorView Weights(in PreparedInputs inputs) =>
        inputs.TopKWeights.IsNone ? _inputs.Weights.View : inputs.TopKWeights;
}
