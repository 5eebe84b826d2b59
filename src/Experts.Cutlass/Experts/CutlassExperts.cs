using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// Modular experts in the standard format: pairs sorted by expert, two grouped products with indirect rows. Router weights
/// and the sum over k are left to finalize. Everything is enqueued; nothing is read on the host.
/// </summary>
internal sealed class CutlassExperts : IFusedExperts
{
    private readonly CutlassLayer _layer;
    private readonly CutlassWorkspace _workspace;
    private readonly CutlassLauncher _launcher;
    private readonly IExpertAlignment _alignment;
    private readonly CutlassActivation _activation;
    private readonly CutlassTileChoice _tiles;
    private readonly CutlassProducts _products;

    /// <summary>Experts of one layer on one device.</summary>
    public CutlassExperts(IFusedExpertsDescriptor descriptor, StageContext context, CutlassServices services)
    {
        Descriptor = descriptor;
        _layer = CutlassLayer.From(context);
        _alignment = services.Alignment ?? throw new InvalidOperationException(
            "The CUTLASS experts need an IExpertAlignment for cuda, got none; load the prepare-finalize plugin.");
        _activation = new CutlassActivation(_layer, services.Activations);
        _tiles = new CutlassTileChoice(_layer, services.Options);
        _products = new CutlassProducts(_layer);
        _workspace = new CutlassWorkspace(_layer, _alignment);
        _launcher = new CutlassLauncher(services.Library, _layer, context.Device, services.Options.ProgrammaticLaunch);
    }

    /// <inheritdoc/>
    public IFusedExpertsDescriptor Descriptor { get; }

    /// <inheritdoc/>
    public DType WorkspaceDType => _layer.DType;

    /// <inheritdoc/>
    public WeightAndReduceSpec WeightAndReduce => WeightAndReduceSpec.Contiguous;

    /// <inheritdoc/>
    public IPreparedWeights PrepareWeights(ExpertWeights source, IComputeStream stream) => CutlassWeights.From(_layer, source);

    /// <inheritdoc/>
    public WorkspaceShapes WorkspaceShapes(in ExpertsProblem problem) => _workspace.Shapes(problem.Tokens);

    /// <inheritdoc/>
    public ExpertsResult Apply(in ExpertsCall call, IComputeStream stream)
    {
        _products.Bind(call.Weights.Weights);
        var rows = (int)call.HiddenStates.Shape[0];
        var pairs = rows * _layer.Shape.TopK;
        var tile = _tiles.Choose(call.Configuration, rows, call.TokensHint);
        var rowTables = rows == 1 ? Direct(call) : Align(call, pairs, tile, stream);
        var middle = call.Workspace2.Pointer;
        var firstOutput = _activation.IsFused ? middle : call.Workspace13.Pointer;
        var space = new CutlassRows(call.HiddenStates.Pointer, firstOutput, pairs, _layer.Shape.TopK);
        _launcher.Launch(_layer.Epilogue, tile, _products.First.Arguments, rowTables, space, stream);
        if (!_activation.IsFused)
        {
            var input = View(call.Workspace13, 0, _layer.DType, new TensorShape(pairs, _layer.GateUp));
            _activation.Run(input, middle, call.ValidTokens, _layer.Shape.TopK, stream);
        }

        var second = new CutlassRows(middle, call.Output.Pointer, pairs, 1);
        _launcher.Launch(CutlassEpilogue.Plain, tile, _products.Second.Arguments, rowTables, second, stream);
        return ExpertsResult.Finished;
    }

    /// <inheritdoc/>
    public void Dispose() => _products.Dispose();

    /// <summary>One token: its k experts differ, so each pair is a block of its own and nothing needs sorting.</summary>
    private static CutlassTables Direct(in ExpertsCall call) =>
        new(0, call.TopKIds.Pointer, 0, call.ExpertMap.Pointer, call.ValidTokens.Pointer);

    private CutlassTables Align(in ExpertsCall call, int pairs, CutlassTile tile, IComputeStream stream)
    {
        var regions = _workspace.Regions(pairs, tile.Tokens);
        var space = call.Workspace2;
        var (sorted, experts, padded) = (
            View(space, regions.SortedPairs, DType.Int32, regions.Capacity),
            View(space, regions.BlockExperts, DType.Int32, regions.Capacity / tile.Tokens),
            View(space, regions.PaddedRows, DType.Int32, 1));
        _alignment.Align(
            new ExpertAlignmentCall
            {
                TopKIds = call.TopKIds,
                ExpertMap = call.ExpertMap,
                GlobalExperts = call.GlobalExperts,
                LocalExperts = _layer.LocalExperts,
                BlockSize = tile.Tokens,
                ValidTokens = call.ValidTokens,
                Scratch = regions.ScratchBytes == 0
                    ? TensorView.None
                    : View(space, regions.Scratch, DType.UInt8, regions.ScratchBytes),
                SortedPairs = sorted,
                BlockExperts = experts,
                PaddedRows = padded,
            },
            stream);
        return new CutlassTables(sorted.Pointer, experts.Pointer, padded.Pointer, 0, 0);
    }

    private static TensorView View(TensorView space, long offset, DType dtype, long elements) =>
        View(space, offset, dtype, new TensorShape(elements));

    private static TensorView View(TensorView space, long offset, DType dtype, TensorShape shape) =>
        TensorView.Contiguous(space.Pointer + (nint)offset, dtype, shape, space.Device);
}
