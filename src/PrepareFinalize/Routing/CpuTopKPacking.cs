using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>Packs ids and weights on the CPU.</summary>
internal sealed class CpuTopKPacking : ITopKPacking
{
    private const int WeightBits = 16;

    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public void Pack(TensorView ids, TensorView weights, TensorView packed, IComputeStream stream)
    {
        Require(ids, "top-k ids", DType.Int32, ids.Shape);
        Require(weights, "top-k weights", DType.Float32, ids.Shape);
        Require(packed, "packed top-k", DType.Int32, ids.Shape);
        var from = ids.AsSpan<int>();
        var values = weights.AsSpan<float>();
        var to = packed.AsSpan<int>();
        for (var i = 0; i < to.Length; i++)
        {
            to[i] = (from[i] << WeightBits) | NumberFormats.SingleToBFloat16(values[i]);
        }
    }

    private static void Require(TensorView view, string name, DType dtype, TensorShape shape)
    {
        if (view.DType != dtype || view.Shape != shape || !view.IsContiguous || view.Device.Kind != DeviceKind.Cpu)
        {
            throw new ArgumentException($"{name} must be contiguous {dtype.Name()} {shape} on a cpu device, got {view}.");
        }
    }
}
