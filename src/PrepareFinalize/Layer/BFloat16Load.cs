using System.Runtime.Intrinsics;

namespace FusedMoe.PrepareFinalize;

/// <summary>bf16: the upper halves of float32.</summary>
internal readonly unsafe struct BFloat16Load : IWideLoad
{
    public static int ElementBytes => sizeof(ushort);

    public static Vector512<float> Load(byte* source)
    {
        var bits = Vector256.Load((ushort*)source);
        var wide = Vector512.Create(Vector256.WidenLower(bits), Vector256.WidenUpper(bits));
        return Vector512.ShiftLeft(wide, 16).AsSingle();
    }
}
