namespace FusedMoe.Experts.Cpu;

/// <summary>Weight rows that are multiplied together, ready for the kernel.</summary>
internal unsafe struct WeightTile
{
    /// <summary>Expert of the rows.</summary>
    public int Expert;

    /// <summary>First row of the weight.</summary>
    public int FirstRow;

    /// <summary>Rows of the weight from one row of the tile to the next.</summary>
    public int Step;

    /// <summary>Address of the first row; null when rows are decoded as they are multiplied.</summary>
    public byte* Rows;

    /// <summary>Bytes from one row to the next.</summary>
    public nint Stride;

    /// <summary>Number of rows.</summary>
    public int Count;

    /// <summary>Elements of a row, with the zeros behind it.</summary>
    public int Padded;

    /// <summary>Rows of the same stride that the worker multiplies next, or null.</summary>
    public byte* Next;
}
