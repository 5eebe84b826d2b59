using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>IEEE binary16.</summary>
internal readonly unsafe struct Float16Load : IWideLoad
{
    public static int ElementBytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* source)
    {
        Span<float> values = stackalloc float[Vector512<float>.Count];
        NumberFormats.Float16ToSingle(new ReadOnlySpan<ushort>(source, values.Length), values);
        return Vector512.Create<float>(values);
    }
}
