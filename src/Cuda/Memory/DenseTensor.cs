namespace FusedMoe.Cuda;

/// <summary>Checks of tensors that kernels address as dense memory; a mistake would be an illegal access there.</summary>
public static class DenseTensor
{
    /// <summary>Bytes of the widest vector load; addresses must be multiples of it where kernels use vectors.</summary>
    public const int VectorBytes = 16;

    /// <summary>Refuses a tensor that is strided, misaligned or of another shape or type.</summary>
    /// <param name="name">What the tensor is, for the error.</param>
    /// <param name="view">The tensor.</param>
    /// <param name="shape">The shape that it must have.</param>
    /// <param name="alignment">Bytes of which its address must be a multiple; 1 for any address.</param>
    /// <param name="fix">What to do about it, for the error.</param>
    /// <param name="types">Types that it may have.</param>
    /// <exception cref="ArgumentException">It is; names what it must be and the fix.</exception>
    public static void Require(
        string name, TensorView view, TensorShape shape, int alignment, string fix, params ReadOnlySpan<DType> types)
    {
        if (view.Shape == shape && types.Contains(view.DType) && view.IsContiguous && view.Pointer % alignment == 0)
        {
            return;
        }

        var words = string.Join(" or ", types.ToArray().Select(t => t.Name()));
        var (place, actual) = alignment == 1
            ? (string.Empty, $"{view}")
            : ($" at a multiple of {alignment} bytes", $"{view} at 0x{view.Pointer:x}");
        throw new ArgumentException($"{name} must be dense {words} {shape}{place}, got {actual}; {fix}.", nameof(view));
    }

    /// <summary>Refuses a tensor that must not be given.</summary>
    /// <param name="name">What the tensor is, for the error.</param>
    /// <param name="view">The tensor, or <see cref="TensorView.None"/>.</param>
    /// <param name="reason">What has no such tensor, for the error.</param>
    /// <param name="fix">What to do about it, for the error.</param>
    /// <exception cref="ArgumentException">It is given; names it and the fix.</exception>
    public static void RequireAbsent(string name, TensorView view, string reason, string fix)
    {
        if (!view.IsNone)
        {
            throw new ArgumentException($"{name} must be absent for {reason}, got {view}; {fix}.", nameof(view));
        }
    }

    /// <summary>Refuses a tensor whose address is between the boundaries that vector loads need.</summary>
    /// <param name="name">What the tensor is, for the error.</param>
    /// <param name="view">The tensor.</param>
    /// <param name="alignment">Bytes of which its address must be a multiple.</param>
    /// <exception cref="ArgumentException">It is; names the address and the fix.</exception>
    public static void RequireAddress(string name, TensorView view, int alignment)
    {
        if (view.Pointer % alignment != 0)
        {
            throw new ArgumentException(
                $"{name} must start at a multiple of {alignment} bytes, got {view} at 0x{view.Pointer:x}; "
                + "copy to such an address.",
                nameof(view));
        }
    }
}
