using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>Contents of host tensors.</summary>
internal static class TensorBytes
{
    public static unsafe Span<byte> Of(TensorView tensor) => new((void*)tensor.Pointer, checked((int)tensor.Bytes));

    public static float[] Floats(TensorView tensor)
    {
        var values = new float[tensor.Elements];
        NumberFormats.ToSingle(tensor.Pointer, tensor.DType, 0, values);
        return values;
    }
}
