namespace FusedMoe.Conformance;

/// <summary>Which scale belongs to which element of a matrix.</summary>
internal readonly struct ScaleGroups
{
    private readonly int _blockRows;
    private readonly int _blockColumns;
    private readonly int _groupColumns;

    public ScaleGroups(GroupShape group, int rows, int columns)
    {
        var perChannel = group == GroupShape.PerChannel;
        _blockRows = perChannel || group.Rows == 1 ? 1 : group.Rows < 0 ? Math.Max(rows, 1) : group.Rows;
        _blockColumns = perChannel || group.Columns < 0 ? Math.Max(columns, 1) : group.Columns;
        _groupColumns = Ceil(columns, _blockColumns);
        GroupRows = Ceil(rows, _blockRows);
    }

    public int GroupRows { get; }

    public int GroupColumns => _groupColumns;

    public int Count => GroupRows * _groupColumns;

    public int IndexOf(int row, int column) => ((row / _blockRows) * _groupColumns) + (column / _blockColumns);

    private static int Ceil(int value, int block) => (value + block - 1) / block;
}
