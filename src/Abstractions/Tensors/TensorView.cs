namespace FusedMoe;

/// <summary>
/// A typed, strided window on memory that somebody else owns: pointer, element type, up to four sizes and strides, and
/// the device the pointer belongs to. It owns nothing and never outlives its memory's owner. The default value is
/// <see cref="None"/>, which stands for "not given".
/// </summary>
public readonly record struct TensorView
{
    /// <summary>A view of strided memory.</summary>
    /// <param name="pointer">Address of element 0; may be 0 only when the shape has no elements.</param>
    /// <param name="dtype">Element type.</param>
    /// <param name="shape">Sizes in elements, slowest dimension first.</param>
    /// <param name="strides">Strides in elements, same rank as <paramref name="shape"/>.</param>
    /// <param name="device">Device the address belongs to.</param>
    /// <exception cref="ArgumentException">Ranks differ, or a size is negative.</exception>
    public TensorView(nint pointer, DType dtype, TensorShape shape, TensorShape strides, DeviceId device)
    {
        if (shape.Rank != strides.Rank)
        {
            throw new ArgumentException($"Strides must have the rank of the shape {shape}, got {strides}.");
        }

        for (var i = 0; i < shape.Rank; i++)
        {
            if (shape[i] < 0)
            {
                throw new ArgumentException($"Tensor sizes must not be negative, got {shape}.");
            }
        }

        Pointer = pointer;
        DType = dtype;
        Shape = shape;
        Strides = strides;
        Device = device;
    }

    /// <summary>The absent tensor: rank 0, no address.</summary>
    public static TensorView None => default;

    /// <summary>Address of element 0.</summary>
    public nint Pointer { get; }

    /// <summary>Element type.</summary>
    public DType DType { get; }

    /// <summary>Sizes in elements.</summary>
    public TensorShape Shape { get; }

    /// <summary>Strides in elements.</summary>
    public TensorShape Strides { get; }

    /// <summary>Device the address belongs to.</summary>
    public DeviceId Device { get; }

    /// <summary>True for <see cref="None"/>.</summary>
    public bool IsNone => Shape.Rank == 0;

    /// <summary>Number of elements.</summary>
    public long Elements => Shape.Elements;

    /// <summary>Bytes of a contiguous tensor of this shape and type.</summary>
    public long Bytes => DType.BytesFor(Elements);

    /// <summary>True when elements lie densely in row-major order (sizes of 1 may have any stride).</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (var i = Shape.Rank - 1; i >= 0; i--)
            {
                if (Shape[i] != 1 && Strides[i] != expected)
                {
                    return Elements == 0;
                }

                expected *= Shape[i];
            }

            return true;
        }
    }

    /// <summary>A row-major view of dense memory.</summary>
    public static TensorView Contiguous(nint pointer, DType dtype, TensorShape shape, DeviceId device) =>
        new(pointer, dtype, shape, shape.ContiguousStrides(), device);

    /// <summary>
    /// Elements <paramref name="start"/> to <paramref name="start"/> + <paramref name="length"/> of one dimension.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the dimension.</exception>
    /// <exception cref="ArgumentException">A packed type would be cut inside a byte.</exception>
    public TensorView Slice(int dimension, long start, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + length, Shape[dimension], nameof(length));
        var bits = checked(start * Strides[dimension] * DType.Bits());
        if (bits % 8 != 0)
        {
            throw new ArgumentException($"A slice of {DType.Name()} must start on a whole byte, got element {start}.");
        }

        return new TensorView(Pointer + (nint)(bits / 8), DType, Shape.With(dimension, length), Strides, Device);
    }

    /// <summary>The same dense memory under another shape.</summary>
    /// <exception cref="ArgumentException">The view is not contiguous, or the element counts differ.</exception>
    public TensorView Reshape(TensorShape shape)
    {
        if (!IsContiguous || shape.Elements != Elements)
        {
            throw new ArgumentException(
                $"Only a contiguous tensor of {shape.Elements} elements can be viewed as {shape}, got {this}.");
        }

        return Contiguous(Pointer, DType, shape, Device);
    }

    /// <summary>The first bytes of the same memory as another type and shape.</summary>
    /// <exception cref="ArgumentException">The view is not contiguous or too small.</exception>
    public TensorView Reinterpret(DType dtype, TensorShape shape)
    {
        if (!IsContiguous || dtype.BytesFor(shape.Elements) > Bytes)
        {
            throw new ArgumentException($"{this} has {Bytes} bytes, too few for {dtype.Name()} {shape}.");
        }

        return Contiguous(Pointer, dtype, shape, Device);
    }

    /// <summary>
    /// The memory as a span. Only for contiguous tensors in host memory whose element type has the size of
    /// <typeparamref name="T"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The tensor is not on the CPU, not contiguous, or its element size
    /// differs.</exception>
    public unsafe Span<T> AsSpan<T>()
        where T : unmanaged
    {
        if (Device.Kind != DeviceKind.Cpu || !IsContiguous || Bytes % sizeof(T) != 0)
        {
            throw new InvalidOperationException(
                $"A span of {typeof(T).Name} needs a contiguous tensor in host memory, got {this}.");
        }

        return new Span<T>((void*)Pointer, checked((int)(Bytes / sizeof(T))));
    }

    /// <summary>For example <c>bf16 [8, 4096] on cpu</c>.</summary>
    public override string ToString() => IsNone ? "none" : $"{DType.Name()} {Shape} on {Device}";
}
