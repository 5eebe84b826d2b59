namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>int8 with a scale a token or one for the whole input, from float32 rows.</summary>
internal sealed unsafe class ToyQuantizer : IActivationQuantizer
{
    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public FusedMoe.Support Supports(QuantKey key) => key == QuantKeys.Int8DynamicToken || key == QuantKeys.Int8DynamicTensor
        ? FusedMoe.Support.Yes
        : FusedMoe.Support.No(RefusalCodes.QuantScheme, "key", "int8 by token or tensor", key.Name);

    public TensorShape ScaleShape(QuantKey key, int rows, int columns) => new(key == QuantKeys.Int8DynamicToken ? rows : 1, 1);

    public void Quantize(in QuantizationCall call, IComputeStream stream) =>
        throw new NotSupportedException("Rows of a toy are all live.");

    public void Quantize(
        TensorView input, QuantKey key, TensorView staticScale, TensorView output, TensorView scales, IComputeStream stream)
    {
        var (rows, columns) = ((int)input.Shape[0], (int)input.Shape[1]);
        var group = key == QuantKeys.Int8DynamicToken ? columns : rows * columns;
        for (var g = 0; g < rows * columns / group; g++)
        {
            var values = new ReadOnlySpan<float>((float*)input.Pointer + (g * group), group);
            var largest = 1e-12f;
            foreach (var value in values)
            {
                largest = Math.Max(largest, Math.Abs(value));
            }

            ((float*)scales.Pointer)[g] = largest / 127;
            for (var i = 0; i < group; i++)
            {
                ((sbyte*)output.Pointer)[(g * group) + i] = (sbyte)Math.Round(values[i] / (largest / 127));
            }
        }
    }
}
