namespace FusedMoe.Conformance;

/// <summary>A rank's part of a layer's weights.</summary>
internal static class RankWeights
{
    public static LayerWeights Of(LayerWeights all, LayerRun run, int rank)
    {
        var topology = run.Topology;
        if (topology.SplitsTensors && topology.Ranks > 1)
        {
            return SplitTensors(all, run.Problem.Layer, rank, topology.Ranks);
        }

        var experts = topology.Experts(rank, all.W13.Experts, run.ExpertMap);
        return experts.SequenceEqual(Enumerable.Range(0, all.W13.Experts)) ? all : all.Gather(experts);
    }

    /// <summary>Slices of the intermediate size; only for unquantized weights without biases.</summary>
    private static LayerWeights SplitTensors(LayerWeights all, MoeLayerSpec layer, int rank, int ranks)
    {
        var (experts, _, hidden, intermediate) = layer.Shape;
        var part = intermediate / ranks;
        var rowBytes = (int)layer.WeightDType.BytesFor(hidden);
        var w13 = new List<byte>();
        for (var e = 0; e < experts; e++)
        {
            var expert = all.W13.Elements.Bytes.AsSpan(e * layer.GateUpSize * rowBytes, layer.GateUpSize * rowBytes);
            var halves = layer.Activation is { IsGated: true, IsInterleaved: false } ? 2 : 1;
            var rows = layer.GateUpSize / halves / ranks;
            for (var half = 0; half < halves; half++)
            {
                var first = (half * intermediate) + (rank * rows);
                w13.AddRange(expert.Slice(first * rowBytes, rows * rowBytes));
            }
        }

        var (w2, size) = (new List<byte>(), (int)layer.WeightDType.BytesFor(1));
        for (var row = 0; row < experts * hidden; row++)
        {
            w2.AddRange(all.W2.Elements.Bytes.AsSpan(((row * intermediate) + (rank * part)) * size, part * size));
        }

        var gateUp = new TensorShape(experts, layer.GateUpSize / ranks, hidden);
        return all with
        {
            W13 = new QuantizedWeight(null, new HostTensor(layer.WeightDType, gateUp, [.. w13])),
            W2 = new QuantizedWeight(null, new HostTensor(layer.WeightDType, new(experts, hidden, part), [.. w2])),
        };
    }
}
