namespace FusedMoe.Runtime;

/// <summary>
/// A layer as one rank sees it: what capability queries are asked about and stages are created for. Tensor parallelism
/// divides the intermediate size; shared experts that routing fuses as extra slots count as experts for every stage but
/// the router, identity experts for the router only.
/// </summary>
internal sealed record RankProblem
{
    private RankProblem(MoeLayerSpec layer, DeploymentSpec deployment)
    {
        Deployment = deployment;
        Layer = layer;
        var identities = layer.Routing.IdentityExperts;
        RouterLayer = identities == 0
            ? layer
            : new MoeLayerSpec(
                layer.Shape with { Experts = layer.Shape.Experts + identities },
                layer.Routing with { IdentityExperts = 0 },
                layer.Activation,
                layer.Features);
        var shape = layer.Shape with { Intermediate = layer.Shape.Intermediate / deployment.Parallel.TpSize };
        var fused = layer.Routing.FusedSharedExperts;
        StageLayer = fused == 0
            ? new MoeLayerSpec(shape, layer.Routing with { IdentityExperts = 0 }, layer.Activation, layer.Features)
            : new MoeLayerSpec(
                shape with { Experts = shape.Experts + fused, TopK = shape.TopK + fused },
                new RoutingSpec(),
                layer.Activation,
                layer.Features);
        ExpertMap = MapOf(StageLayer.Shape.Experts, deployment);
        LocalExperts = ExpertMap is null ? StageLayer.Shape.Experts : ExpertMap.Max() + 1;
    }

    /// <summary>The deployment.</summary>
    public DeploymentSpec Deployment { get; }

    /// <summary>The layer as it was given.</summary>
    public MoeLayerSpec Layer { get; }

    /// <summary>The layer as routers see it.</summary>
    public MoeLayerSpec RouterLayer { get; }

    /// <summary>The layer as prepare/finalize and experts see it.</summary>
    public MoeLayerSpec StageLayer { get; }

    /// <summary>Global to local expert, -1 for other ranks'; null when all experts are local in order.</summary>
    public IReadOnlyList<int>? ExpertMap { get; }

    /// <summary>Local experts that the map names; the weights may hold more.</summary>
    public int LocalExperts { get; }

    /// <summary>The rank's view of a layer.</summary>
    /// <exception cref="ArgumentException">The deployment does not fit the layer; all problems are listed.</exception>
    public static RankProblem From(MoeLayerSpec layer, DeploymentSpec deployment)
    {
        var problems = deployment.Problems(layer).Concat(MapProblems(layer, deployment)).ToArray();
        return problems.Length == 0
            ? new RankProblem(layer, deployment)
            : throw new ArgumentException(
                $"The deployment spec has {problems.Length} problem(s): {string.Join("; ", problems)}.");
    }

    private static IEnumerable<string> MapProblems(MoeLayerSpec layer, DeploymentSpec deployment)
    {
        if (deployment.ExpertMap is { } map)
        {
            var seen = new HashSet<int>();
            for (var i = 0; i < map.Count; i++)
            {
                if (map[i] < -1 || map[i] >= map.Count)
                {
                    yield return $"expert map entry {i} must be -1 to {map.Count - 1}, got {map[i]}";
                }
                else if (map[i] >= 0 && !seen.Add(map[i]))
                {
                    yield return $"expert map entry {i} must be a local expert that no other entry names, got {map[i]}";
                }
            }
        }

        if (layer.Routing.IdentityExperts > 0 && deployment.Parallel.TpSize > 1)
        {
            yield return $"identity experts must be 0 with tensor parallelism, got {layer.Routing.IdentityExperts}";
        }

        if (layer.Routing.FusedSharedExperts > 0
            && (deployment.ExpertMap is not null || deployment.Parallel.UsesExpertParallel))
        {
            yield return $"fused shared experts must be 0 with an expert map, got {layer.Routing.FusedSharedExperts}";
        }
    }

    private static IReadOnlyList<int>? MapOf(int experts, DeploymentSpec deployment)
    {
        if (deployment.ExpertMap is not null || !deployment.Parallel.UsesExpertParallel)
        {
            return deployment.ExpertMap;
        }

        var (size, rank) = (deployment.Parallel.EpSize, deployment.Parallel.EpRank);
        var (share, rest) = (experts / size, experts % size);
        var start = (rank * share) + Math.Min(rank, rest);
        var count = share + (rank < rest ? 1 : 0);
        return [.. Enumerable.Range(0, experts).Select(e => e >= start && e < start + count ? e - start : -1)];
    }
}
