using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUtensorMap_st, alignas(64).

/// <summary>
/// A tensor map as the driver writes it: opaque, 128 bytes. The address it is encoded to must be a multiple of 64, which
/// the C# stack does not give; keep it in <see cref="NativeMemory.AlignedAlloc"/> memory or a <see cref="TensorMap"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
public unsafe struct CUtensorMap
{
    /// <summary>Opaque content.</summary>
    public fixed ulong opaque[16];
}
