namespace FusedMoe.Host.Layers;

/// <summary>Random bf16 expert weights of N(0, 0.02²), the usual initializer.</summary>
internal sealed class SyntheticWeights(int seed)
{
    private readonly RandomBlock _block = new(seed, 0.02f);

    /// <summary>Weights of <paramref name="localExperts"/> experts of <paramref name="layer"/> on a device.</summary>
    public SyntheticLayer OnDevice(MoeLayerSpec layer, int localExperts, IComputeDevice device, IComputeStream stream)
    {
        var owned = new List<IDeviceMemory>();
        TensorView Tensor(SyntheticTensor tensor, TensorShape shape)
        {
            var memory = device.Allocate(DType.BFloat16.BytesFor(shape.Elements), "Synthetic expert weights");
            owned.Add(memory);
            _block.Fill(memory, tensor.Start, stream);
            return TensorView.Contiguous(memory.Pointer, DType.BFloat16, shape, memory.Device);
        }

        TensorView Matrix(SyntheticTensor tensor) => Tensor(tensor, new TensorShape(localExperts, tensor.Rows, tensor.Columns));
        TensorView Bias(SyntheticTensor tensor) => Tensor(tensor, new TensorShape(localExperts, tensor.Columns));
        var bias = layer.Features.HasExpertBias;
        var weights = new ExpertWeights
        {
            W13 = Matrix(SyntheticTensor.W13(layer)),
            W2 = Matrix(SyntheticTensor.W2(layer)),
            W13Bias = bias ? Bias(SyntheticTensor.W13Bias(layer)) : TensorView.None,
            W2Bias = bias ? Bias(SyntheticTensor.W2Bias(layer)) : TensorView.None,
        };
        return new SyntheticLayer(new MoeLayerWeights { Experts = weights }, owned);
    }

    /// <summary>The bf16 bits of one row of one expert.</summary>
    public ReadOnlySpan<ushort> Row(SyntheticTensor tensor, int expert, int row) =>
        _block.Slice(tensor.Start + ((((long)expert * tensor.Rows) + row) * tensor.Columns), tensor.Columns);
}
