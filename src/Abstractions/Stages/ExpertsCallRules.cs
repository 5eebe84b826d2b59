namespace FusedMoe;

/// <summary>
/// What the tensors of a call must be for one stage of experts. A backend checks each call before it enqueues anything, so that
/// all refuse the same mistakes in the same words. Made once for a layer; a check allocates only when it throws.
/// </summary>
public sealed class ExpertsCallRules
{
    private readonly MoeLayerSpec _layer;
    private readonly int _localExperts;
    private readonly DeviceId _device;
    private readonly DType _inputDType;
    private readonly DType _workspaceDType;
    private readonly bool _isQuantized;
    private readonly bool _isBatched;
    private readonly WeightAndReduceKind _reduce;

    /// <summary>The rules of a stage.</summary>
    /// <param name="context">What the stage was created for.</param>
    /// <param name="descriptor">The stage's descriptor: format, and who quantizes the input.</param>
    /// <param name="weightAndReduce">What is left after the experts; a no-op for monolithic ones.</param>
    /// <param name="workspaceDType">Type of workspaces and output.</param>
    public ExpertsCallRules(
        StageContext context, IFusedExpertsDescriptor descriptor, WeightAndReduceSpec weightAndReduce, DType workspaceDType)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(descriptor);
        (_layer, _localExperts, _device) = (context.Layer, context.LocalExperts, context.Device.Traits.Id);
        _isQuantized = !descriptor.ExpectsUnquantizedInputs && _layer.Quant.Activation is not null;
        _inputDType = _isQuantized ? _layer.Quant.Activation!.Element : _layer.ActivationDType;
        _isBatched = descriptor.ActivationFormat == ActivationFormat.Batched;
        (_reduce, _workspaceDType) = (weightAndReduce.Kind, workspaceDType);
    }

    /// <summary>Checks a call of modular experts.</summary>
    /// <param name="call">The call.</param>
    /// <param name="shapes">What the stage's own <see cref="IExpertsBase.WorkspaceShapes"/> says for the call's rows.</param>
    /// <exception cref="ArgumentException">A tensor is missing, or of another shape, type, arrangement or device; names the
    /// tensor, what it must be and what it is.</exception>
    public void Check(in ExpertsCall call, in WorkspaceShapes shapes)
    {
        var rows = CheckHidden(call.HiddenStates, call.HiddenScales);
        ArgumentNullException.ThrowIfNull(call.Weights);
        if (_isBatched)
        {
            Require("output", call.Output, _workspaceDType, new TensorShape(_localExperts, rows, _layer.Shape.Hidden));
            Require("expert tokens", call.ExpertTokens.Counts, DType.Int32, new TensorShape(_localExperts));
        }
        else
        {
            var pairs = new TensorShape(rows, _layer.Shape.TopK);
            Require("output", call.Output, _workspaceDType, _reduce == WeightAndReduceKind.Contiguous
                ? new TensorShape(rows, _layer.Shape.TopK, _layer.Shape.Hidden)
                : new TensorShape(rows, _layer.Shape.Hidden));
            Require("top-k ids", call.TopKIds, DType.Int32, pairs);
            Require("top-k weights", call.TopKWeights, DType.Float32, pairs);
            Optional("valid tokens", call.ValidTokens, new TensorShape(1));
        }

        Optional("expert map", call.ExpertMap, new TensorShape(call.GlobalExperts));
        CheckWorkspace("workspace13", call.Workspace13, shapes.Workspace13);
        CheckWorkspace("workspace2", call.Workspace2, shapes.Workspace2);
    }

    /// <summary>Checks a call of monolithic experts, but for the tensors of their router, which checks those itself.</summary>
    /// <param name="call">The call.</param>
    /// <param name="shapes">What the stage's own <see cref="IExpertsBase.WorkspaceShapes"/> says for the call's rows.</param>
    /// <exception cref="ArgumentException">As for modular experts.</exception>
    public void Check(in MonolithicExpertsCall call, in WorkspaceShapes shapes)
    {
        var rows = CheckHidden(call.HiddenStates, call.HiddenScales);
        ArgumentNullException.ThrowIfNull(call.Weights);
        Require("output", call.Output, _workspaceDType, new TensorShape(rows, _layer.Shape.Hidden));
        Optional("expert map", call.ExpertMap, new TensorShape(_layer.Shape.Experts));
        Optional("valid tokens", call.ValidTokens, new TensorShape(1));
        CheckWorkspace("workspace13", call.Workspace13, shapes.Workspace13);
        CheckWorkspace("workspace2", call.Workspace2, shapes.Workspace2);
    }

    /// <summary>Sizes of a call with these hidden states, for the stage's own workspace query.</summary>
    /// <param name="hidden">The hidden states of a call.</param>
    /// <exception cref="ArgumentException">They have another rank than the stage's format.</exception>
    public ExpertsProblem Problem(TensorView hidden)
    {
        var (rows, (experts, topK, width, _)) = (Rows(hidden), _layer.Shape);
        return new ExpertsProblem(
            _isBatched ? 0 : rows, _localExperts, experts, _layer.GateUpSize, width, topK, _isBatched ? rows : 0, 1);
    }

    private int Rows(TensorView hidden) => hidden.Shape.Rank == (_isBatched ? 3 : 2)
        ? checked((int)hidden.Shape[-2])
        : throw Wrong("hidden states", _inputDType, HiddenShape, hidden);

    private string HiddenShape =>
        _isBatched ? $"[{_localExperts}, rows, {_layer.Shape.Hidden}]" : $"[rows, {_layer.Shape.Hidden}]";

    private int CheckHidden(TensorView hidden, TensorView scales)
    {
        var rows = Rows(hidden);
        var shape = _isBatched
            ? new TensorShape(_localExperts, rows, _layer.Shape.Hidden)
            : new TensorShape(rows, _layer.Shape.Hidden);
        Require("hidden states", hidden, _inputDType, shape);
        if (_isQuantized && scales.IsNone)
        {
            throw new ArgumentException(
                $"hidden scales must be given for hidden states quantized as {_layer.Quant.Activation!.Name}, got none.");
        }

        return rows;
    }

    private void CheckWorkspace(string name, TensorView workspace, TensorShape shape)
    {
        var bytes = _workspaceDType.BytesFor(shape.Elements);
        var fits = bytes == 0 || (workspace.Bytes >= bytes && workspace.IsContiguous && workspace.Device == _device);
        if (!fits)
        {
            throw new ArgumentException(
                $"{name} must have at least {bytes} bytes on {_device}, got {workspace}; "
                + "ask WorkspaceShapes for the call's rows.");
        }
    }

    private void Optional(string name, TensorView tensor, TensorShape shape)
    {
        if (!tensor.IsNone)
        {
            Require(name, tensor, DType.Int32, shape);
        }
    }

    private void Require(string name, TensorView tensor, DType dtype, TensorShape shape)
    {
        if (tensor.DType != dtype || tensor.Shape != shape || tensor.Device != _device)
        {
            throw Wrong(name, dtype, shape.ToString(), tensor);
        }

        if (!tensor.IsContiguous)
        {
            throw new ArgumentException($"{name} must be contiguous, got {tensor} with strides {tensor.Strides}.");
        }
    }

    private ArgumentException Wrong(string name, DType dtype, string shape, TensorView tensor) =>
        new($"{name} must be {dtype.Name()} {shape} on {_device}, got {tensor}.");
}
