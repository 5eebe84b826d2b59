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

    /// <summary>Sizes of a call of <paramref name="tokens"/> rows.</summary>
    public ExpertsProblem Problem(int tokens)
    {
        var (experts, topK, hidden, _) = _run.Problem.Layer.Shape;
        return new ExpertsProblem(tokens, experts, experts, _run.Problem.Layer.GateUpSize, hidden, topK, 0, 1);
    }

    /// <summary>One call from poisoned buffers; gives the output's bytes.</summary>
    public byte[] Run()
    {
        var layer = _run.Problem.Layer;
        var inputs = _prepare.Prepare(
            new MonolithicPrepareCall
            {
                HiddenStates = _inputs.Hidden.View,
                RouterLogits = _inputs.Logits.View,
                Quant = layer.Quant.Activation,
                DeferQuantization = _run.Subject.Experts.ExpectsUnquantizedInputs,
                StaticScale = _weights.Views.Experts.A13Scale,
                Scratch = _scratch.View,
            },
            _scope.Stream);
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
        var dtype = _experts.WorkspaceDType;
        var elements = Math.Max(shapes.Workspace13.Elements, shapes.Output.Elements);
        var shared = _scope.Poisoned(DType.UInt8, new TensorShape(dtype.BytesFor(elements)));
        var workspace2 = _scope.Poisoned(DType.UInt8, new TensorShape(dtype.BytesFor(shapes.Workspace2.Elements)));
        var output = shared.View.Reinterpret(dtype, shapes.Output);
        _experts.Apply(
            new MonolithicExpertsCall
            {
                Output = output,
                HiddenStates = inputs.Activations,
                HiddenScales = inputs.Scales,
                RouterLogits = inputs.RouterLogits,
                CorrectionBias = _weights.Views.CorrectionBias,
                Weights = _prepared,
                Workspace13 = shared.View.Reinterpret(dtype, shapes.Workspace13),
                Workspace2 = workspace2.View.Reinterpret(dtype, shapes.Workspace2),
            },
            _scope.Stream);
        shared.RequireGuards($"workspace13 {shapes.Workspace13} and output {shapes.Output}");
        workspace2.RequireGuards($"workspace2 {shapes.Workspace2}");
        _prepare.Finalize(_inputs.Output.View, output, TensorView.None, _scope.Stream);
    }
}
