namespace FusedMoe;

/// <summary>Up to four sizes (or strides), in elements. The default value has rank 0 and no elements.</summary>
public readonly record struct TensorShape
{
    /// <summary>The largest rank a shape can have.</summary>
    public const int MaxRank = 4;

    private readonly long _d0;
    private readonly long _d1;
    private readonly long _d2;
    private readonly long _d3;

    /// <summary>A shape of rank 1.</summary>
    public TensorShape(long d0) => (Rank, _d0) = (1, d0);

    /// <summary>A shape of rank 2, slowest dimension first.</summary>
    public TensorShape(long d0, long d1) => (Rank, _d0, _d1) = (2, d0, d1);

    /// <summary>A shape of rank 3, slowest dimension first.</summary>
    public TensorShape(long d0, long d1, long d2) => (Rank, _d0, _d1, _d2) = (3, d0, d1, d2);

    /// <summary>A shape of rank 4, slowest dimension first.</summary>
    public TensorShape(long d0, long d1, long d2, long d3) => (Rank, _d0, _d1, _d2, _d3) = (4, d0, d1, d2, d3);

    /// <summary>A shape of <paramref name="sizes"/>.</summary>
    /// <exception cref="ArgumentException">More than four sizes.</exception>
    public TensorShape(ReadOnlySpan<long> sizes)
    {
        if (sizes.Length > MaxRank)
        {
            throw new ArgumentException($"A tensor shape must have at most {MaxRank} sizes, got {sizes.Length}.");
        }

        Rank = sizes.Length;
        _d0 = sizes.Length > 0 ? sizes[0] : 0;
        _d1 = sizes.Length > 1 ? sizes[1] : 0;
        _d2 = sizes.Length > 2 ? sizes[2] : 0;
        _d3 = sizes.Length > 3 ? sizes[3] : 0;
    }

    /// <summary>The number of dimensions, 0 to 4.</summary>
    public int Rank { get; }

    /// <summary>
    /// The size of dimension <paramref name="index"/>; negative indices count from the last dimension.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not a dimension of this shape.</exception>
    public long this[int index]
    {
        get
        {
            var i = index < 0 ? Rank + index : index;
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)i, (uint)Rank, nameof(index));
            return i switch { 0 => _d0, 1 => _d1, 2 => _d2, _ => _d3 };
        }
    }

    /// <summary>The product of all sizes; 0 for rank 0.</summary>
    /// <exception cref="OverflowException">The product exceeds 2^63 - 1.</exception>
    public long Elements => Rank switch
    {
        0 => 0,
        1 => _d0,
        2 => checked(_d0 * _d1),
        3 => checked(_d0 * _d1 * _d2),
        _ => checked(_d0 * _d1 * _d2 * _d3),
    };

    /// <summary>The row-major strides of a contiguous tensor of this shape, in elements.</summary>
    public TensorShape ContiguousStrides() => Rank switch
    {
        0 => default,
        1 => new(1),
        2 => new(_d1, 1),
        3 => new(checked(_d1 * _d2), _d2, 1),
        _ => new(checked(_d1 * _d2 * _d3), checked(_d2 * _d3), _d3, 1),
    };

    /// <summary>A copy with dimension <paramref name="index"/> set to <paramref name="size"/>.</summary>
    public TensorShape With(int index, long size)
    {
        Span<long> sizes = stackalloc long[MaxRank] { _d0, _d1, _d2, _d3 };
        sizes[index < 0 ? Rank + index : index] = size;
        return new TensorShape(sizes[..Rank]);
    }

    /// <summary>For example <c>[8, 4096]</c>.</summary>
    public override string ToString() => Rank switch
    {
        0 => "[]",
        1 => $"[{_d0}]",
        2 => $"[{_d0}, {_d1}]",
        3 => $"[{_d0}, {_d1}, {_d2}]",
        _ => $"[{_d0}, {_d1}, {_d2}, {_d3}]",
    };
}
