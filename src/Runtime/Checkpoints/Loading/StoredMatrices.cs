namespace FusedMoe.Runtime.Checkpoints;

/// <summary>Views of single matrices, output by input, checked against the sizes of config.json.</summary>
internal static class StoredMatrices
{
    /// <summary>
    /// The matrix of one expert; strided when it is stored transposed, of stride 0 where one value stands for many.
    /// </summary>
    /// <param name="stored">Experts in the files.</param>
    /// <param name="part">Which matrix, and its sizes.</param>
    /// <param name="name">Name of the tensor after the layer's prefix.</param>
    /// <param name="expert">Expert, from 0.</param>
    /// <param name="element">Element type to see the bytes as; null for the tensor's own.</param>
    /// <exception cref="CheckpointException">The tensor is missing or has other sizes.</exception>
    public static TensorView Of(StoredExperts stored, MatrixPart part, string name, int expert, DType? element = null)
    {
        var all = OfAll(stored, part, name, element);
        if (part.Source.IsPerExpert)
        {
            expert = 0;
        }

        var one = all.Slice(0, expert, 1);
        return part.Source.IsTransposed
            ? View(one, (part.Rows, all.Strides[2]), (part.Columns, all.Strides[1]))
            : View(one, (part.Rows, all.Strides[1]), (part.Columns, all.Strides[2]));
    }

    /// <summary>
    /// All matrices that one tensor holds, <c>[E, rows, columns]</c> as stored; one for a tensor of a single expert.
    /// </summary>
    public static TensorView OfAll(StoredExperts stored, MatrixPart part, string name, DType? element = null)
    {
        var experts = part.Source.IsPerExpert ? 1 : stored.Experts;
        var (rows, columns) = part.Source.IsTransposed ? (part.Columns, part.Rows) : (part.Rows, part.Columns);
        var view = stored.Files.View($"{stored.Prefix}.{name}");
        var wanted = new TensorShape(experts, rows, columns);
        var dtype = element ?? view.DType;
        if (element is not null && view.Bytes == dtype.BytesFor(wanted.Elements) && IsPackedShape(view.Shape, wanted))
        {
            return TensorView.Contiguous(view.Pointer, dtype, wanted, view.Device);
        }

        if (element is null && IsSameShape(view.Shape, wanted))
        {
            return TensorView.Contiguous(view.Pointer, dtype, wanted, view.Device);
        }

        if (element is null && columns == 1 && view.Elements == experts)
        {
            return new TensorView(view.Pointer, dtype, wanted, new TensorShape(1, 0, 0), view.Device);
        }

        var sizes = experts == 1 ? new TensorShape(rows, columns) : wanted;
        throw CheckpointException.Must(
            stored.Files.Folder,
            $"tensor {CheckpointException.Quote($"{stored.Prefix}.{name}")}",
            $"hold {sizes} {dtype.Name()} elements as config.json says",
            $"{view.DType.Name()} {view.Shape}", "check config.json against the tensors");
    }

    private static TensorView View(TensorView one, (long Size, long Stride) rows, (long Size, long Stride) columns) =>
        new(one.Pointer, one.DType, new(rows.Size, columns.Size), new(rows.Stride, columns.Stride), one.Device);

    /// <summary>
    /// One matrix, a stack of them, all of them below each other, or vectors without the last dimension.
    /// </summary>
    private static bool IsSameShape(TensorShape shape, TensorShape wanted)
    {
        var (experts, rows, columns) = (wanted[0], wanted[1], wanted[2]);
        return shape == wanted
            || shape == new TensorShape(checked(experts * rows), columns)
            || (columns == 1 && shape == new TensorShape(experts, rows))
            || (columns == 1 && experts == 1 && shape == new TensorShape(rows));
    }

    /// <summary>Packed elements keep the leading sizes; the last ones count bytes or words.</summary>
    private static bool IsPackedShape(TensorShape shape, TensorShape wanted) =>
        (shape.Rank >= 3 && shape[0] == wanted[0] && shape[1] == wanted[1])
        || (shape.Rank == 2 && shape[0] == checked(wanted[0] * wanted[1]));
}
