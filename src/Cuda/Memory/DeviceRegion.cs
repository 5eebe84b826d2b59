namespace FusedMoe.Cuda;

/// <summary>Parts of one block of device memory, each at a multiple of <see cref="Boundary"/> bytes.</summary>
public static class DeviceRegion
{
    /// <summary>Bytes to whose multiples parts are aligned: what the driver's own allocations are aligned to.</summary>
    public const long Boundary = 256;

    /// <summary>
    /// The next multiple of <see cref="Boundary"/>: where the part behind <paramref name="bytes"/> bytes begins.
    /// </summary>
    public static long Round(long bytes) => checked(bytes + Boundary - 1) / Boundary * Boundary;

    /// <summary>A dense tensor inside a block.</summary>
    /// <param name="block">The block, a dense tensor of any type.</param>
    /// <param name="offset">Bytes before the tensor.</param>
    /// <param name="dtype">Type of its elements.</param>
    /// <param name="shape">Its sizes.</param>
    /// <exception cref="ArgumentException">It ends behind the block; names both ends.</exception>
    public static TensorView View(TensorView block, long offset, DType dtype, TensorShape shape)
    {
        var view = TensorView.Contiguous(block.Pointer + (nint)offset, dtype, shape, block.Device);
        return offset >= 0 && offset + view.Bytes <= block.Bytes
            ? view
            : throw new ArgumentException(
                $"{dtype.Name()} {shape} at byte {offset} must lie inside a block of {block.Bytes} bytes, got an end at "
                + $"{offset + view.Bytes}; ask the workspace query again for these sizes.",
                nameof(block));
    }
}
