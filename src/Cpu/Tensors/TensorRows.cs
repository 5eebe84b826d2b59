namespace FusedMoe.Cpu;

/// <summary>
/// A host tensor of rank 2 seen as rows of float32: any activation or short type, any row stride, columns side by side.
/// </summary>
public readonly unsafe struct TensorRows
{
    private readonly nint _pointer;
    private readonly long _rowStride;

    /// <summary>The rows of <paramref name="view"/>.</summary>
    /// <param name="view">Rank 2 on the CPU, last dimension contiguous.</param>
    /// <param name="name">What the tensor is, for the error.</param>
    /// <exception cref="ArgumentException">The tensor is of another rank, elsewhere, or its columns are not
    /// contiguous.</exception>
    public TensorRows(TensorView view, string name)
    {
        if (view.Shape.Rank != 2 || view.Device.Kind != DeviceKind.Cpu || (view.Shape[1] > 1 && view.Strides[1] != 1))
        {
            throw new ArgumentException($"{name} must be a cpu tensor of rank 2 with contiguous columns, got {view}.");
        }

        (_pointer, DType, _rowStride) = (view.Pointer, view.DType, view.Strides[0]);
        (Rows, Columns) = (checked((int)view.Shape[0]), checked((int)view.Shape[1]));
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Elements of a row.</summary>
    public int Columns { get; }

    /// <summary>Element type.</summary>
    public DType DType { get; }

    /// <summary>Address of a row's first element. Rows of packed types must start on a whole byte.</summary>
    public nint this[long row] => _pointer + (nint)(row * _rowStride * DType.Bits() / 8);

    /// <summary>A row in its own type.</summary>
    public Span<T> Row<T>(long row)
        where T : unmanaged => new((void*)this[row], Columns);

    /// <summary>
    /// Reads the first <paramref name="destination"/>.Length elements of a row, from <paramref name="column"/> on.
    /// </summary>
    public void Read(long row, Span<float> destination, int column = 0) =>
        NumberFormats.ToSingle(this[row], DType, column, destination);

    /// <summary>Writes elements of a row from <paramref name="column"/> on, rounding to nearest even.</summary>
    public void Write(long row, ReadOnlySpan<float> source, int column = 0) =>
        NumberFormats.FromSingle(source, DType, this[row], column);
}
