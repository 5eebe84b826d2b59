using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// Modular experts in the batched format <c>[E, T·D, K]</c>. Only live rows are computed; the others keep what they held.
/// Plan of memory: activation output → workspace2, from the first product or through workspace13 when the activation is
/// separate; second product → output, over workspace13.
/// </summary>
internal sealed class CutlassBatchedExperts : IFusedExperts
{
    private readonly CutlassLayer _layer;
    private readonly ExpertsCallRules _rules;
    private readonly CutlassLauncher _launcher;
    private readonly CutlassActivation _activation;
    private readonly CutlassTileChoice _tiles;
    private readonly CutlassProducts _products;

    /// <summary>Experts of one layer on one device.</summary>
    public CutlassBatchedExperts(IFusedExpertsDescriptor descriptor, StageContext context, CutlassServices services)
    {
        Descriptor = descriptor;
        _layer = CutlassLayer.From(context);
        _rules = new ExpertsCallRules(context, descriptor, WeightAndReduce, WorkspaceDType);
        _activation = new CutlassActivation(_layer, services.Activations);
        _tiles = new CutlassTileChoice(_layer, services.Options);
        _launcher = new CutlassLauncher(services.Library, _layer, context.Device, services.Options.ProgrammaticLaunch);

        // Last, for it owns memory, and whatever fails above must leave nothing behind.
        _products = new CutlassProducts(_layer);
    }

    /// <inheritdoc/>
    public IFusedExpertsDescriptor Descriptor { get; }

    /// <inheritdoc/>
    public DType WorkspaceDType => _layer.DType;

    /// <inheritdoc/>
    public WeightAndReduceSpec WeightAndReduce => WeightAndReduceSpec.Delegate;

    /// <inheritdoc/>
    public IPreparedWeights PrepareWeights(ExpertWeights source, IComputeStream stream) =>
        CutlassWeights.From(_layer, source, stream);

    /// <inheritdoc/>
    public WorkspaceShapes WorkspaceShapes(in ExpertsProblem problem) => CutlassBatchedWorkspace.Shapes(_layer, problem);

    /// <inheritdoc/>
    public ExpertsResult Apply(in ExpertsCall call, IComputeStream stream)
    {
        _rules.Check(call, WorkspaceShapes(_rules.Problem(call.HiddenStates)));
        DenseTensor.RequireAddress("hidden states", call.HiddenStates, DenseTensor.VectorBytes);
        _products.Bind(call.Weights);
        var (experts, capacity) = ((int)call.HiddenStates.Shape[0], (int)call.HiddenStates.Shape[1]);
        var counts = call.ExpertTokens.Counts;
        var tables = new CutlassTables(0, 0, counts.Pointer, capacity);
        var tile = _tiles.Choose(call.Configuration, capacity, call.TokensHint);
        var middle = call.Workspace2.Pointer;
        var firstOutput = _activation.IsFused ? middle : call.Workspace13.Pointer;
        var first = new CutlassRows(call.HiddenStates.Pointer, firstOutput, 1);
        _launcher.First(tile, _products.First, tables, first, stream);
        if (!_activation.IsFused)
        {
            var shape = new TensorShape(experts, capacity, _layer.GateUp);
            var input = TensorView.Contiguous(firstOutput, _layer.DType, shape, call.HiddenStates.Device);
            _activation.Run(input, middle, counts, 1, stream);
        }

        _launcher.Second(tile, _products.Second(middle, (long)experts * capacity), tables, call.Output.Pointer, stream);
        return ExpertsResult.Finished;
    }

    /// <inheritdoc/>
    public void Dispose() => _products.Dispose();
}
