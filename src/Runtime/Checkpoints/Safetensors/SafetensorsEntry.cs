namespace FusedMoe.Runtime.Checkpoints;

/// <summary>One tensor of a header.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TypeName">Element type in the header's spelling.</param>
/// <param name="DType">Element type of views; null when no layer uses such elements.</param>
/// <param name="Shape">Sizes, slowest first; empty for a scalar.</param>
/// <param name="Begin">First byte, counted from the end of the header.</param>
/// <param name="End">The byte after the last one.</param>
internal sealed record SafetensorsEntry(
    string Name, string TypeName, DType? DType, IReadOnlyList<long> Shape, long Begin, long End)
{
    public string ShapeText => ShapeToText(Shape);

    public static string ShapeToText(IReadOnlyList<long> shape) =>
        shape.Count > 16 ? $"[{string.Join(", ", shape.Take(16))}, …]" : $"[{string.Join(", ", shape)}]";
}
