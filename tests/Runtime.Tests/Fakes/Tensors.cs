namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Allocates and fills float32 and int32 tensors in host memory.</summary>
internal sealed class Tensors(IComputeDevice device) : IDisposable
{
    private readonly List<IDeviceMemory> _memory = [];
    private readonly Random _random = new(7);

    public TensorView New(DType dtype, params long[] sizes)
    {
        var shape = new TensorShape(sizes);
        var memory = device.Allocate(dtype.BytesFor(shape.Elements), "test tensor");
        _memory.Add(memory);
        return TensorView.Contiguous(memory.Pointer, dtype, shape, DeviceId.Cpu);
    }

    public TensorView Floats(params long[] sizes) => New(DType.Float32, sizes);

    public TensorView RandomFloats(params long[] sizes)
    {
        var view = Floats(sizes);
        foreach (ref var value in view.AsSpan<float>())
        {
            value = (float)((_random.NextDouble() * 2) - 1);
        }

        return view;
    }

    public TensorView Ints(int[] values, params long[] sizes)
    {
        var view = New(DType.Int32, sizes);
        values.CopyTo(view.AsSpan<int>());
        return view;
    }

    public TensorView Floats(float[] values, params long[] sizes)
    {
        var view = Floats(sizes);
        values.CopyTo(view.AsSpan<float>());
        return view;
    }

    public ExpertWeights Experts(int experts, MoeLayerSpec layer, int? intermediate = null)
    {
        var inner = intermediate ?? layer.Shape.Intermediate;
        return new ExpertWeights
        {
            W13 = RandomFloats(experts, 2 * inner, layer.Shape.Hidden),
            W2 = RandomFloats(experts, layer.Shape.Hidden, inner),
        };
    }

    public void Dispose()
    {
        foreach (var memory in _memory)
        {
            memory.Dispose();
        }
    }
}
