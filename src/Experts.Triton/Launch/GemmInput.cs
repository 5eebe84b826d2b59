namespace FusedMoe.Experts.Triton;

/// <summary>The left operand of a grouped product.</summary>
/// <param name="Pointer">Rows, dense.</param>
/// <param name="Scales">float32 scales of quantized rows: one for all, one a row, or one a row and 128 columns.</param>
internal readonly record struct GemmInput(nint Pointer, TensorView Scales)
{
    /// <summary>From row to row of the scales; 0 when one scale serves all rows.</summary>
    public int ScaleRowStride => Scales.IsNone || Scales.Elements == 1 ? 0 : (int)Scales.Shape[-1];

    /// <summary>From group to group of one row.</summary>
    public int ScaleColumnStride => Scales.IsNone || Scales.Shape[-1] <= 1 ? 0 : 1;
}
