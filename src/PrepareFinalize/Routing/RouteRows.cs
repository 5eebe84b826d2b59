using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>The checked tensors of one routing call, by row.</summary>
internal readonly unsafe struct RouteRows
{
    private readonly TensorRows _logits;
    private readonly TensorRows _ids;
    private readonly TensorRows _weights;
    private readonly TensorRows _table;
    private readonly nint _bias;
    private readonly nint _tokens;
    private readonly int _experts;
    private readonly int _topK;
    private readonly float _sharedWeight;

    /// <exception cref="ArgumentException">A tensor is missing or has another shape or type; named in the
    /// text.</exception>
    public RouteRows(in RouteCall call, RoutingSpec routing, int experts, int topK)
    {
        (_experts, _topK, _sharedWeight) = (experts, topK, routing.FusedSharedWeight);
        var slots = topK + routing.FusedSharedExperts;
        _ids = new TensorRows(call.TopKIds, "top-k ids");
        _weights = new TensorRows(call.TopKWeights, "top-k weights");
        Count = _ids.Rows;
        if (_ids.Columns != slots || _ids.DType is not (DType.Int32 or DType.Int64))
        {
            throw Wrong("top-k ids", $"int32 or int64 [M, {slots}]", call.TopKIds);
        }

        if (!Fits(_weights, Count, slots, DType.Float32))
        {
            throw Wrong("top-k weights", $"float32 [{Count}, {slots}]", call.TopKWeights);
        }

        _logits = routing.Method == RoutingMethod.Simulated ? default : Logits(call.Logits, Count, experts);
        if (routing.HasCorrectionBias)
        {
            _bias = Vector("correction bias", call.CorrectionBias, DType.Float32, experts);
        }

        if (routing.HasHashTable)
        {
            _table = new TensorRows(call.HashTable, "hash table");
            if (!Fits(_table, _table.Rows, topK, DType.Int32))
            {
                throw Wrong("hash table", $"int32 [vocabulary, {topK}]", call.HashTable);
            }

            _tokens = Vector("token ids", call.TokenIds, DType.Int32, Count);
        }

        if (!call.ValidTokens.IsNone)
        {
            Vector("valid tokens", call.ValidTokens, DType.Int32, 1);
        }

        Valid = call.ValidTokens.IsNone ? Count : Math.Clamp(*(int*)call.ValidTokens.Pointer, 0, Count);
    }

    /// <summary>M.</summary>
    public int Count { get; }

    /// <summary>Live rows, at most M.</summary>
    public int Valid { get; }

    public ReadOnlySpan<float> Bias => new((void*)_bias, _bias == 0 ? 0 : _experts);

    public void ReadLogits(int row, Span<float> destination) => _logits.Read(row, destination);

    /// <summary>Empty when the token id is outside the table.</summary>
    public ReadOnlySpan<int> TableRow(int row)
    {
        var token = ((int*)_tokens)[row];
        return (uint)token < (uint)_table.Rows ? _table.Row<int>(token) : [];
    }

    /// <summary>Writes the k slots and, after them, the fused shared experts G, G + 1, …</summary>
    public void Write(int row, ReadOnlySpan<int> ids, ReadOnlySpan<float> weights)
    {
        var target = _weights.Row<float>(row);
        weights.CopyTo(target);
        target[_topK..].Fill(_sharedWeight);
        for (var j = 0; j < target.Length; j++)
        {
            SetId(row, j, j < _topK ? ids[j] : _experts + j - _topK);
        }
    }

    /// <summary>Writes id -1 and weight 0 in every slot.</summary>
    public void Clear(int row)
    {
        var target = _weights.Row<float>(row);
        target.Clear();
        for (var j = 0; j < target.Length; j++)
        {
            SetId(row, j, -1);
        }
    }

    private static bool Fits(TensorRows rows, int count, int columns, DType dtype) =>
        rows.Rows == count && rows.Columns == columns && rows.DType == dtype;

    private static TensorRows Logits(TensorView view, int count, int experts)
    {
        var rows = new TensorRows(view, "router logits");
        return rows.Rows == count && rows.Columns == experts && rows.DType.IsActivation()
            ? rows
            : throw Wrong("router logits", $"float32, bf16 or fp16 [{count}, {experts}]", view);
    }

    private static nint Vector(string name, TensorView view, DType dtype, int length)
    {
        var fits = view.DType == dtype && view.Shape.Rank == 1 && view.Shape[0] == length && view.IsContiguous
            && view.Device.Kind == DeviceKind.Cpu;
        return fits ? view.Pointer : throw Wrong(name, $"{dtype.Name()} [{length}]", view);
    }

    // Built only when thrown: a call must not allocate for texts nobody reads.
    private static ArgumentException Wrong(string name, string required, TensorView actual) =>
        new($"{name} must be {required}, got {actual}.");

    private void SetId(int row, int slot, int id)
    {
        if (_ids.DType == DType.Int64)
        {
            _ids.Row<long>(row)[slot] = id;
        }
        else
        {
            _ids.Row<int>(row)[slot] = id;
        }
    }
}
