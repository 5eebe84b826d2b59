using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>The checked ids, weights and expert map of one reduction: which slots count, and by how much.</summary>
internal readonly unsafe struct ReduceSlots
{
    private readonly TensorRows _ids;
    private readonly TensorRows _weights;
    private readonly nint _map;
    private readonly int _experts;
    private readonly bool _isWeighted;

    /// <exception cref="ArgumentException">A tensor has another shape or type; named in the text.</exception>
    public ReduceSlots(in WeightAndReduceCall call)
    {
        _ids = new TensorRows(call.TopKIds, "top-k ids");
        _weights = new TensorRows(call.TopKWeights, "top-k weights");
        if (_ids.DType != DType.Int32)
        {
            throw new ArgumentException($"top-k ids must be int32, got {call.TopKIds}.");
        }

        if (_weights.DType != DType.Float32 || _weights.Rows != _ids.Rows || _weights.Columns != _ids.Columns)
        {
            throw new ArgumentException(
                $"top-k weights must be float32 {call.TopKIds.Shape}, got {call.TopKWeights}.");
        }

        var map = call.ExpertMap;
        if (!map.IsNone && (map.DType != DType.Int32 || map.Elements != call.GlobalExperts || !map.IsContiguous))
        {
            throw new ArgumentException($"the expert map must be int32 [{call.GlobalExperts}], got {map}.");
        }

        (_map, _experts, _isWeighted) = (map.Pointer, call.GlobalExperts, !call.RouterWeightOnInput);
        Tokens = _ids.Rows;
        TopK = _ids.Columns;
        var valid = call.ValidTokens;
        LiveTokens = valid.IsNone ? Tokens : Math.Clamp(*(int*)valid.Pointer, 0, Tokens);
    }

    /// <summary>M.</summary>
    public int Tokens { get; }

    /// <summary>k.</summary>
    public int TopK { get; }

    /// <summary>Tokens that are live.</summary>
    public int LiveTokens { get; }

    /// <summary>The global expert of a slot, -1 when it is none of the layer's.</summary>
    public int GlobalExpert(int token, int slot)
    {
        var id = _ids.Row<int>(token)[slot];
        return (uint)id < (uint)_experts ? id : -1;
    }

    /// <summary>The local expert of a slot, -1 when it is not of this rank or none at all.</summary>
    public int LocalExpert(int token, int slot)
    {
        var id = GlobalExpert(token, slot);
        return id < 0 || _map == 0 ? id : ((int*)_map)[id];
    }

    /// <summary>Router weight of a slot; 1 when it was applied to the input.</summary>
    public float Weight(int token, int slot) => _isWeighted ? _weights.Row<float>(token)[slot] : 1f;
}
