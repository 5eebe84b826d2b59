using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FusedMoe.PrepareFinalize;

/// <summary>float32 as it is.</summary>
internal readonly unsafe struct Float32Load : IWideLoad
{
    public static int ElementBytes => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* source) => Vector512.Load((float*)source);
}
