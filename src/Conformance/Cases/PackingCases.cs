namespace FusedMoe.Conformance;

/// <summary>Ids and weights in one word a slot.</summary>
internal static class PackingCases
{
    private const int TopK = 3;

    // Halves between two bf16 numbers round to even; a negative weight must leave the id alone.
    private static readonly float[] Weights = [0f, 1f, -0.5f, 0.1f, 1.00390625f, 1.01171875f, -1e-3f, 3e38f, 0.3333333f];

    private static readonly ushort[] Bits = [0, 0x3F80, 0xBF00, 0x3DCD, 0x3F80, 0x3F82, 0xBA83, 0x7F62, 0x3EAB];

    private static readonly int[] Ids = [0, 5, 300, -1, 1023, 32767, 7, 1, -1];

    public static void AddTo(CaseList list, ITopKPacking packing) => list.Add(
        CaseGroups.Service,
        "pack-top-k",
        "A word holds the id above the sixteen bits of the weight in bf16.",
        scope => Pack(scope, packing));

    private static string Pack(CaseScope scope, ITopKPacking packing)
    {
        var shape = new TensorShape(Ids.Length / TopK, TopK);
        var ids = scope.Upload(HostTensor.FromInts(shape, Ids));
        var weights = scope.Upload(HostTensor.FromFloats(DType.Float32, shape, Weights));
        var packed = scope.Poisoned(DType.Int32, shape);
        packing.Pack(ids.View, weights.View, packed.View, scope.Stream);
        scope.Stream.Synchronize();
        ids.RequireUnmodified("top-k ids");
        weights.RequireUnmodified("top-k weights");
        packed.RequireGuards("packed top-k");
        var bytes = packed.Read();
        for (var i = 0; i < Ids.Length; i++)
        {
            var (actual, expected) = (BitConverter.ToInt32(bytes, i * sizeof(int)), (Ids[i] << 16) | Bits[i]);
            if (actual != expected)
            {
                throw new CaseFailedException(
                    $"Packed word {i} of id {Ids[i]} and weight {Weights[i]} must be 0x{expected:X8}, got 0x{actual:X8}.");
            }
        }

        return $"{Ids.Length} words";
    }
}
