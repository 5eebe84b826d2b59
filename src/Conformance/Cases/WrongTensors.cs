namespace FusedMoe.Conformance;

/// <summary>Makes tensors that weights or a call must not have.</summary>
internal static class WrongTensors
{
    /// <summary>
    /// Nothing, another type of no more bytes, and each size by turns one less (two instead of one), or the last only.
    /// </summary>
    public static IEnumerable<TensorView> Of(TensorView right, bool isSized = true)
    {
        yield return TensorView.None;
        yield return TensorView.Contiguous(right.Pointer, OtherType(right.DType), right.Shape, right.Device);
        for (var i = isSized ? 0 : right.Shape.Rank - 1; i < right.Shape.Rank; i++)
        {
            var size = right.Shape[i] > 1 ? right.Shape[i] - 1 : 2;
            yield return TensorView.Contiguous(right.Pointer, right.DType, right.Shape.With(i, size), right.Device);
        }
    }

    /// <summary>The tensor on a device that the call does not run on; nothing may read it.</summary>
    public static TensorView Elsewhere(TensorView right)
    {
        var device = right.Device.Kind == DeviceKind.Cuda ? DeviceId.Cuda(right.Device.Index + 1) : DeviceId.Cuda(0);
        return new TensorView(right.Pointer, right.DType, right.Shape, right.Strides, device);
    }

    /// <summary>A workspace without its last element; none when it needs none.</summary>
    public static TensorView Small(TensorView workspace) => workspace.Elements == 0
        ? TensorView.None
        : TensorView.Contiguous(
            workspace.Pointer, workspace.DType, new TensorShape(workspace.Elements - 1), workspace.Device);

    /// <summary>Two zeros of int32, of which no tensor of a call consists; none when a call takes none at all.</summary>
    public static TensorView Pair(CaseScope scope, bool isTaken) => isTaken
        ? scope.Upload(HostTensor.FromInts(new TensorShape(2), [0, 0])).View
        : TensorView.None;

    // Nothing takes these in place of the other: uint8 is what scales of e8m0 and zero points come in.
    private static DType OtherType(DType dtype) => dtype switch
    {
        DType.Float4E2M1 => DType.Int4,
        DType.Int4 or DType.UInt4 => DType.Float4E2M1,
        DType.Int8 => DType.UInt8,
        _ => DType.Int8,
    };
}
