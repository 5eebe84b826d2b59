namespace FusedMoe.Experts.Triton;

/// <summary>Strides, in elements, of the scales of one weight <c>[E, rows, columns]</c>; 0 repeats one scale.</summary>
/// <param name="Expert">From expert to expert.</param>
/// <param name="Row">From one group of rows to the next.</param>
/// <param name="Column">From one group of columns to the next.</param>
/// <param name="RowsPerScale">Weight rows that share a scale.</param>
internal readonly record struct ScaleLayout(int Expert, int Row, int Column, int RowsPerScale)
{
    private const int Block = 128;

    /// <summary>The layout of <see cref="ExpertWeights.W13Scale"/> for a key.</summary>
    public static ScaleLayout Of(QuantKey key, int rows, int columns)
    {
        var group = key.Scale.Group;
        if (group == GroupShape.PerTensor)
        {
            return new ScaleLayout(1, 0, 0, 1);
        }

        if (group == GroupShape.PerChannel)
        {
            return new ScaleLayout(rows, 1, 0, 1);
        }

        var columnGroups = Groups(columns, group.Columns);
        return group.Rows == Block
            ? new ScaleLayout(checked(Groups(rows, Block) * columnGroups), columnGroups, 1, Block)
            : new ScaleLayout(checked(rows * columnGroups), columnGroups, 1, 1);
    }

    /// <summary>
    /// The shape of <see cref="ExpertWeights.W13Scale"/> for a key and a weight <c>[experts, rows, columns]</c>.
    /// </summary>
    public static TensorShape ShapeOf(QuantKey key, int experts, int rows, int columns)
    {
        var group = key.Scale.Group;
        return group == GroupShape.PerTensor ? new TensorShape(experts)
            : group == GroupShape.PerChannel ? new TensorShape(experts, rows)
            : new TensorShape(experts, Groups(rows, group.Rows), Groups(columns, group.Columns));
    }

    private static int Groups(int size, int group) => (size + group - 1) / group;
}
