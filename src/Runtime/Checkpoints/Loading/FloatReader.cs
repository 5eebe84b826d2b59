using System.Runtime.CompilerServices;

namespace FusedMoe.Runtime.Checkpoints;

/// <summary>Reads single numbers of host tensors as float32: biases and scales, never whole weights.</summary>
internal static unsafe class FloatReader
{
    private const int ExponentBias = 127;

    /// <exception cref="ArgumentException">The type holds no real numbers.</exception>
    public static float At(TensorView view, long index)
    {
        var address = (byte*)view.Pointer + (index * view.DType.Bits() / 8);
        return view.DType switch
        {
            DType.Float32 => Unsafe.ReadUnaligned<float>(address),
            DType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)Unsafe.ReadUnaligned<ushort>(address) << 16),
            DType.Float16 => (float)Unsafe.ReadUnaligned<Half>(address),
            DType.Float8E8M0 => *address == byte.MaxValue ? float.NaN : MathF.ScaleB(1f, *address - ExponentBias),
            _ => throw new ArgumentException(
                $"Only float32, bf16, fp16 and e8m0 can be read, got {view.DType.Name()}."),
        };
    }

    public static bool CanRead(DType dtype) => dtype.IsActivation() || dtype == DType.Float8E8M0;
}
