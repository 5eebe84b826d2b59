using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// Calls of few tokens of one layer: which ones, and their launches. A layer whose rows must not depend on each other has
/// none, for these kernels add in another order than the tiles of longer calls; nor has one whose options force a tile.
/// </summary>
internal sealed class DecodeExperts
{
    private readonly int _topK;
    private readonly bool _isRank;
    private readonly bool _isForced;
    private readonly DecodeLauncher? _launcher;

    /// <summary>The calls of few tokens of <paramref name="layer"/>.</summary>
    public DecodeExperts(CutlassLayer layer, StageContext context, KernelLibrary library, CutlassOptions options)
    {
        _topK = layer.Shape.TopK;
        _isRank = layer.LocalExperts < layer.Shape.Experts;
        _isForced = options.Tile == DecodeHeuristic.Configuration;
        var isAllowed = !context.Deployment.BatchInvariant && (options.Tile is null || _isForced);
        _launcher = isAllowed ? new DecodeLauncher(library, layer, context.Device, options.ProgrammaticLaunch) : null;
    }

    /// <summary>True when a call of <paramref name="rows"/> tokens runs here.</summary>
    public bool Takes(in ExpertsCall call, int rows)
    {
        if (_launcher is null || !DecodeHeuristic.Fits(rows, _topK))
        {
            return false;
        }

        if (_isForced || call.Configuration == DecodeHeuristic.Configuration)
        {
            return true;
        }

        var namesTile = call.Configuration is { } name && CutlassTile.Parse(name) is not null;
        return !namesTile && DecodeHeuristic.Prefers(rows, _topK, _isRank);
    }

    /// <summary>
    /// Enqueues both products, the second with the sum over slots, and the activation between them where it is not fused.
    /// </summary>
    /// <exception cref="ArgumentException">Other experts prepared the weights.</exception>
    public void Apply(in ExpertsCall call, CutlassActivation activation, TensorView unfused, IComputeStream stream)
    {
        var launcher = _launcher ?? throw new InvalidOperationException($"{nameof(Takes)} must be true for a call, got false.");
        var middle = call.Workspace2.Pointer;
        launcher.Bind(CutlassWeights.Of(call.Weights).Weights);
        launcher.First(call, activation.IsFused ? middle : unfused.Pointer, stream);
        if (!activation.IsFused)
        {
            activation.Run(unfused, middle, call.ValidTokens, _topK, stream);
        }

        launcher.Second(call, middle, stream);
    }
}
