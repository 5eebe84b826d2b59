namespace FusedMoe.Experts.Triton;

/// <summary>Whole-byte arithmetic on 16-bit types.</summary>
internal static class DTypeSizes
{
    /// <summary>Bytes of one element.</summary>
    public static int Bytes(this DType dtype) => dtype.Bits() / 8;

    /// <summary>Elements that hold <paramref name="bytes"/> bytes, rounded up.</summary>
    public static long ElementsFor(this DType dtype, long bytes) => (bytes + dtype.Bytes() - 1) / dtype.Bytes();
}
