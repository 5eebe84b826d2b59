namespace FusedMoe.Conformance;

/// <summary>A monolithic pair driven stage by stage; see <see cref="DirectChain"/>.</summary>
internal sealed class DirectMonolithicChain
{
    private readonly CaseScope _scope;
    private readonly LayerRun _run;
    private readonly IMonolithicPrepareAndFinalize _prepare;
    private readonly IMonolithicFusedExperts _experts;
    private readonly IPreparedWeights _prepared;
    private readonly DeviceTensor _scratch;
    private readonly DeviceWeights _weights;
    private readonly DeviceInputs _inputs;

    public DirectMonolithicChain(CaseScope scope, LayerRun run)
    {
        (_scope, _run) = (scope, run);
        var layer = run.Problem.Layer;
        var deployment = run.Deployment(scope.Context, 0);
        _weights = new DeviceWeights(scope, LayerCheck.Weights(scope, run));
        _inputs = new DeviceInputs(scope, layer, scope.Context.Problems.Inputs(run.Problem));
        scope.Stream.Synchronize();
        var context = new StageContext(layer, deployment, scope.Context.Device, layer.Shape.Experts, null);
        _prepare = scope.Own(run.Subject.Prepare.CreateMonolithic(context));
        _experts = scope.Own(run.Subject.Experts.CreateMonolithic(context));
        _prepare.OnComposed(_experts);
        _prepared = scope.Own(_experts.PrepareWeights(_weights.Views.Experts, scope.Stream));
        _scratch = scope.Poisoned(DType.UInt8, new TensorShape(_prepare.ScratchBytes(deployment.MaxTokens)));
    }

    public IMonolithicFusedExperts Experts => _experts;

    /// <summary>The weights as they are before preparing.</summary>
    public ExpertWeights SourceWeights => _weights.Views.Experts;

    /// <summary>The experts' arguments after prepare, with poisoned workspaces.</summary>
    public MonolithicExpertsCall Dispatch()
    {
        var inputs = PrepareOnce();
        var shapes = _experts.WorkspaceShapes(Problem((int)inputs.Activations.Shape[0]));
        var elements = Math.Max(shapes.Workspace13.Elements, shapes.Output.Elements);
        return ExpertsArguments(inputs, shapes, Workspace(elements).View, Workspace(shapes.Workspace2.Elements).View);
    }

    /// <summary>Sizes of a call of <paramref name="tokens"/> rows.</summary>
    public ExpertsProblem Problem(int tokens)
    {
        var (experts, topK, hidden, _) = _run.Problem.Layer.Shape;
        return new ExpertsProblem(tokens, experts, experts, _run.Problem.Layer.GateUpSize, hidden, topK, 0, 1);
    }

    /// <summary>One call from poisoned buffers; gives the output's bytes.</summary>
    public byte[] Run()
    {
        var inputs = PrepareOnce();
        RunExperts(inputs);
        _scope.Stream.Synchronize();
        _scratch.RequireGuards("prepare/finalize scratch");
        _inputs.RequireUnmodified();
        _weights.RequireUnmodified();
        return _inputs.Output.Read();
    }

    private void RunExperts(in MonolithicPreparedInputs inputs)
    {
        var shapes = _experts.WorkspaceShapes(Problem((int)inputs.Activations.Shape[0]));
        var shared = Workspace(Math.Max(shapes.Workspace13.Elements, shapes.Output.Elements));
        var workspace2 = Workspace(shapes.Workspace2.Elements);
        var output = shared.View.Reinterpret(_experts.WorkspaceDType, shapes.Output);
        _experts.Apply(ExpertsArguments(inputs, shapes, shared.View, workspace2.View), _scope.Stream);
        shared.RequireGuards($"workspace13 {shapes.Workspace13} and output {shapes.Output}");
        workspace2.RequireGuards($"workspace2 {shapes.Workspace2}");
        _prepare.Finalize(_inputs.Output.View, output, TensorView.None, _scope.Stream);
    }

    private MonolithicPreparedInputs PrepareOnce() => _prepare.Prepare(
        new MonolithicPrepareCall
        {
            HiddenStates = _inputs.Hidden.View,
            RouterLogits = _inputs.Logits.View,
            Quant = _run.Problem.Layer.Quant.Activation,
            DeferQuantization = _run.Subject.Experts.ExpectsUnquantizedInputs,
            StaticScale = _weights.Views.Experts.A13Scale,
            Scratch = _scratch.View,
        },
        _scope.Stream);

    private MonolithicExpertsCall ExpertsArguments(
        in MonolithicPreparedInputs inputs, in WorkspaceShapes shapes, TensorView shared, TensorView workspace2) => new()
        {
            Output = shared.Reinterpret(_experts.WorkspaceDType, shapes.Output),
            HiddenStates = inputs.Activations,
            HiddenScales = inputs.Scales,
            RouterLogits = inputs.RouterLogits,
            CorrectionBias = _weights.Views.CorrectionBias,
            Weights = _prepared,
            Workspace13 = shared.Reinterpret(_experts.WorkspaceDType, shapes.Workspace13),
            Workspace2 = workspace2.Reinterpret(_experts.WorkspaceDType, shapes.Workspace2),
        };

    private DeviceTensor Workspace(long elements) =>
        _scope.Poisoned(DType.UInt8, new TensorShape(_experts.WorkspaceDType.BytesFor(elements)));
}
