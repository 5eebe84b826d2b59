namespace FusedMoe.Conformance.Tests;

/// <summary>One element of float32, bf16 or fp16 host memory.</summary>
internal static unsafe class FakeNumbers
{
    public static float Load(TensorView tensor, long i) => tensor.DType switch
    {
        DType.Float32 => ((float*)tensor.Pointer)[i],
        DType.Float16 => (float)((Half*)tensor.Pointer)[i],
        _ => BitConverter.Int32BitsToSingle(((ushort*)tensor.Pointer)[i] << 16),
    };

    public static void Store(TensorView tensor, long i, float value)
    {
        switch (tensor.DType)
        {
            case DType.Float32:
                ((float*)tensor.Pointer)[i] = value;
                break;
            case DType.Float16:
                ((Half*)tensor.Pointer)[i] = (Half)value;
                break;
            default:
                var bits = BitConverter.SingleToUInt32Bits(value);
                ((ushort*)tensor.Pointer)[i] = float.IsNaN(value) ? (ushort)0x7FC0 : (ushort)(
                    (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
                break;
        }
    }

    public static int LoadInt(TensorView tensor, long i) => ((int*)tensor.Pointer)[i];
}
