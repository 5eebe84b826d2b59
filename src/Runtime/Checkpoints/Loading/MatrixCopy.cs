using System.Buffers;
using System.Runtime.CompilerServices;

namespace FusedMoe.Runtime.Checkpoints;

/// <summary>Copies rectangles of mapped matrices to dense rows on a device.</summary>
internal static unsafe class MatrixCopy
{
    private const int StagingBytes = 4 << 20;

    /// <summary>
    /// Copies <paramref name="source"/> (2-D, any strides) to dense rows at <paramref name="destination"/>.
    /// </summary>
    public static void ToDevice(TensorView source, nint destination, IComputeStream stream)
    {
        if (source.IsContiguous)
        {
            CopyDense(source.Pointer, destination, source.Bytes, stream);
            return;
        }

        var rowBytes = checked((int)source.DType.BytesFor(source.Shape[1]));
        var rowsAtOnce = Math.Max(1, StagingBytes / Math.Max(rowBytes, 1));
        var staging = ArrayPool<byte>.Shared.Rent(checked(rowsAtOnce * rowBytes));
        try
        {
            for (long row = 0; row < source.Shape[0]; row += rowsAtOnce)
            {
                var rows = (int)Math.Min(rowsAtOnce, source.Shape[0] - row);
                var dense = staging.AsSpan(0, rows * rowBytes);
                Gather(source.Slice(0, row, rows), dense, rowBytes);
                stream.CopyToDevice(dense, destination + (nint)(row * rowBytes));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(staging);
        }
    }

    private static void CopyDense(nint source, nint destination, long bytes, IComputeStream stream)
    {
        const int Chunk = 1 << 30;
        for (long done = 0; done < bytes; done += Chunk)
        {
            var count = (int)Math.Min(Chunk, bytes - done);
            stream.CopyToDevice(new ReadOnlySpan<byte>((byte*)source + done, count), destination + (nint)done);
        }
    }

    private static void Gather(TensorView rows, Span<byte> dense, int rowBytes)
    {
        fixed (byte* target = dense)
        {
            if (rows.Strides[1] == 1)
            {
                for (var r = 0; r < rows.Shape[0]; r++)
                {
                    var row = (byte*)rows.Pointer + (r * rows.Strides[0] * rows.DType.Bits() / 8);
                    Buffer.MemoryCopy(row, target + ((long)r * rowBytes), rowBytes, rowBytes);
                }

                return;
            }

            switch (rows.DType.Bits())
            {
                case 8:
                    Transpose<byte>(rows, target);
                    break;
                case 16:
                    Transpose<ushort>(rows, target);
                    break;
                case 32:
                    Transpose<uint>(rows, target);
                    break;
                default:
                    throw new ArgumentException(
                        $"Only whole-byte elements can be transposed, got {rows.DType.Name()}.");
            }
        }
    }

    /// <summary>Reads along the source's rows in tiles, so that both sides stay in cache.</summary>
    private static void Transpose<T>(TensorView rows, byte* target)
        where T : unmanaged
    {
        const int Tile = 64;
        var (height, width) = (rows.Shape[0], rows.Shape[1]);
        var (rowStride, columnStride) = (rows.Strides[0], rows.Strides[1]);
        var from = (byte*)rows.Pointer;
        var to = (T*)target;
        for (long column = 0; column < width; column += Tile)
        {
            var end = Math.Min(width, column + Tile);
            for (long r = 0; r < height; r++)
            {
                for (var c = column; c < end; c++)
                {
                    to[(r * width) + c] =
                        Unsafe.ReadUnaligned<T>(from + (((r * rowStride) + (c * columnStride)) * sizeof(T)));
                }
            }
        }
    }
}
