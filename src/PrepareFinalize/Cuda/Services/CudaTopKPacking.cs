namespace FusedMoe.PrepareFinalize;

/// <summary>Packs ids and weights on a GPU.</summary>
internal sealed class CudaTopKPacking(CudaElementwise elementwise) : ITopKPacking
{
    public DeviceKind DeviceKind => DeviceKind.Cuda;

    public void Pack(TensorView ids, TensorView weights, TensorView packed, IComputeStream stream) =>
        elementwise.PackTopK(ids, weights, packed, stream);
}
