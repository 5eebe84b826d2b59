namespace FusedMoe.Conformance;

/// <summary>One weight of all experts, <c>[E, rows, columns]</c>, in the checkpoint layout, quantized or not.</summary>
internal sealed record QuantizedWeight(QuantKey? Key, HostTensor Elements)
{
    public HostTensor? Scale { get; init; }

    public HostTensor? GlobalScale { get; init; }

    public HostTensor? ZeroPoints { get; init; }

    public int Experts => (int)Elements.Shape[0];

    public int Rows => (int)Elements.Shape[1];

    public int Columns => (int)Elements.Shape[2];

    /// <summary>The given experts in the given order.</summary>
    public QuantizedWeight Gather(IReadOnlyList<int> experts) => this with
    {
        Elements = Elements.Gather(experts),
        Scale = Scale?.Gather(experts),
        GlobalScale = GlobalScale?.Gather(experts),
        ZeroPoints = ZeroPoints?.Gather(experts),
    };

    /// <summary>
    /// Expert <paramref name="expert"/> as float32 <c>[rows, columns]</c>: (element - zero) · scale · global scale.
    /// </summary>
    public float[] Decode(int expert)
    {
        var values = new float[Rows * Columns];
        NumberCodec.Decode(Elements.DType, Elements.Bytes, (long)expert * values.Length, values);
        if (Key is null)
        {
            return values;
        }

        var groups = new ScaleGroups(Key.Scale.Group, Rows, Columns);
        var scales = new float[groups.Count];
        NumberCodec.Decode(Scale!.DType, Scale.Bytes, (long)expert * groups.Count, scales);
        var global = GlobalScale is null ? 1f : GlobalScale.ToFloats()[expert];
        for (var r = 0; r < Rows; r++)
        {
            for (var c = 0; c < Columns; c++)
            {
                var i = (r * Columns) + c;
                values[i] = (values[i] - Zero(expert, r, c)) * scales[groups.IndexOf(r, c)] * global;
            }
        }

        return values;
    }

    private float Zero(int expert, int row, int column)
    {
        if (ZeroPoints is null)
        {
            return Elements.DType switch { DType.UInt4 => 8f, DType.UInt8 => 128f, _ => 0f };
        }

        var columns = (int)ZeroPoints.Shape[2];
        var at = (((expert * (Rows / 2)) + (row / 2)) * columns) + (column / Key!.Scale.Group.Columns);
        return (ZeroPoints.Bytes[at] >> (4 * (row % 2))) & 0xF;
    }
}
