namespace FusedMoe.Experts.Cpu;

/// <summary>Counts and scalars that arrive in tensors.</summary>
internal static unsafe class LiveRows
{
    /// <summary>Live rows of a call: the scalar when it is given, clamped to the rows there are.</summary>
    public static int Of(TensorView validTokens, int rows) =>
        validTokens.IsNone ? rows : Math.Clamp(*(int*)validTokens.Pointer, 0, rows);

    /// <summary>The float32 of a static scale; 1 when it is absent.</summary>
    public static float StaticScale(TensorView scale) => scale.IsNone ? 1f : *(float*)scale.Pointer;
}
