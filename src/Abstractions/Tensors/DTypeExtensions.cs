namespace FusedMoe;

/// <summary>Sizes and names of <see cref="DType"/> values.</summary>
public static class DTypeExtensions
{
    private static readonly string[] Names =
    [
        "float32", "bf16", "fp16", "fp8-e4m3", "fp8-e5m2", "int8", "uint8", "int32", "int64", "int4", "uint4",
        "fp4-e2m1", "e8m0",
    ];

    /// <summary>Bits one element takes: 4 to 64.</summary>
    public static int Bits(this DType dtype) => dtype switch
    {
        DType.Int64 => 64,
        DType.Float32 or DType.Int32 => 32,
        DType.BFloat16 or DType.Float16 => 16,
        DType.Int4 or DType.UInt4 or DType.Float4E2M1 => 4,
        _ => 8,
    };

    /// <summary>True for types that hold two elements a byte.</summary>
    public static bool IsPacked(this DType dtype) => dtype.Bits() < 8;

    /// <summary>Bytes that <paramref name="elements"/> contiguous elements take, rounded up to whole bytes.</summary>
    public static long BytesFor(this DType dtype, long elements) => checked(((elements * dtype.Bits()) + 7) / 8);

    /// <summary>The name used in configuration, refusals and reports, for example <c>bf16</c>.</summary>
    public static string Name(this DType dtype) => Names[(int)dtype];

    /// <summary>True for float32, bf16 and fp16: the types that activations and outputs may have unquantized.</summary>
    public static bool IsActivation(this DType dtype) => dtype is DType.Float32 or DType.BFloat16 or DType.Float16;

    /// <summary>Reads a name written by <see cref="Name"/>; null when no type has it.</summary>
    public static DType? Parse(string name)
    {
        var index = Array.FindIndex(Names, n => string.Equals(n, name, StringComparison.OrdinalIgnoreCase));
        return index < 0 ? null : (DType)index;
    }

    /// <summary>All names, in the order of the enum.</summary>
    public static IReadOnlyList<string> AllNames => Names;
}
