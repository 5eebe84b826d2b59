using System.Runtime.InteropServices;
using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda;

/// <summary>
/// A tensor map in 64-byte aligned native memory. Encoding again reuses the memory, so a launcher keeps one and encodes it
/// for each call without allocating.
/// </summary>
public sealed unsafe class TensorMap : IDisposable
{
    /// <summary>Alignment of an encoded map in bytes.</summary>
    public const int Alignment = 64;

    private const int MaxRank = 5;
    private CUtensorMap* _map = (CUtensorMap*)NativeMemory.AlignedAlloc((nuint)sizeof(CUtensorMap), Alignment);

    /// <summary>The encoded map, to be copied into an argument struct.</summary>
    public ref readonly CUtensorMap Value => ref *_map;

    /// <summary>Encodes a tiled map into this object's memory.</summary>
    public void Encode(in TiledTensor tensor) => EncodeTo(_map, tensor);

    /// <summary>Encodes a tiled map at <paramref name="destination"/>, which must be 64-byte aligned.</summary>
    /// <exception cref="ArgumentException">The destination is not aligned, or the rank is not 1 to 5.</exception>
    /// <exception cref="CudaException">The driver refused; names all sizes.</exception>
    public static void EncodeTo(CUtensorMap* destination, in TiledTensor tensor)
    {
        if (((nuint)destination & (Alignment - 1)) != 0 || tensor.Rank is < 1 or > MaxRank)
        {
            throw new ArgumentException(
                $"A tensor map must lie at a multiple of {Alignment} and have rank 1 to {MaxRank}, "
                + $"got address {(nuint)destination:x} and rank {tensor.Rank}.");
        }

        var ones = stackalloc uint[MaxRank] { 1, 1, 1, 1, 1 };
        fixed (TiledTensor* t = &tensor)
        {
            var status = Driver.cuTensorMapEncodeTiled(
                destination,
                t->DataType,
                (uint)t->Rank,
                (void*)t->Address,
                t->Sizes,
                t->StrideBytes,
                t->Box,
                ones,
                interleave: 0,
                t->Swizzle,
                t->L2Promotion,
                fill: 0);
            if (status != CUresult.CUDA_SUCCESS)
            {
                status.Check(null, tensor.ToString(), nameof(Driver.cuTensorMapEncodeTiled));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_map != null)
        {
            NativeMemory.AlignedFree(_map);
            _map = null;
        }
    }
}
