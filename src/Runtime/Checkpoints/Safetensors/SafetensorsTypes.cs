namespace FusedMoe.Runtime.Checkpoints;

/// <summary>The element types of the safetensors format, by the names its headers use.</summary>
internal static class SafetensorsTypes
{
    private static readonly Dictionary<string, (int Bits, DType? DType)> Types = new(StringComparer.Ordinal)
    {
        ["BOOL"] = (8, null),
        ["F4"] = (4, DType.Float4E2M1),
        ["F6_E2M3"] = (6, null),
        ["F6_E3M2"] = (6, null),
        ["U8"] = (8, DType.UInt8),
        ["I8"] = (8, DType.Int8),
        ["F8_E5M2"] = (8, DType.Float8E5M2),
        ["F8_E4M3"] = (8, DType.Float8E4M3),
        ["F8_E8M0"] = (8, DType.Float8E8M0),
        ["I16"] = (16, null),
        ["U16"] = (16, null),
        ["F16"] = (16, DType.Float16),
        ["BF16"] = (16, DType.BFloat16),
        ["I32"] = (32, DType.Int32),
        ["U32"] = (32, null),
        ["F32"] = (32, DType.Float32),
        ["C64"] = (64, null),
        ["F64"] = (64, null),
        ["I64"] = (64, DType.Int64),
        ["U64"] = (64, null),
    };

    public static IEnumerable<string> Names => Types.Keys;

    /// <summary>Bits of one element, and the type of views, null when no layer uses such elements.</summary>
    public static bool TryFind(string name, out int bits, out DType? dtype)
    {
        var known = Types.TryGetValue(name, out var type);
        (bits, dtype) = type;
        return known;
    }

    public static string NameOf(DType dtype) =>
        Types.FirstOrDefault(t => t.Value.DType == dtype).Key
        ?? throw new ArgumentException(
            $"dtype must be one that safetensors can hold, got {dtype.Name()}; reinterpret it as {DType.UInt8.Name()}.",
            nameof(dtype));
}
