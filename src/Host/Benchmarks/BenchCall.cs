using System.Runtime.InteropServices;
using FusedMoe.Host.Layers;

namespace FusedMoe.Host.Benchmarks;

/// <summary>The tensors of one timed call.</summary>
internal sealed class BenchCall : IDisposable
{
    private readonly IMoeKernel _kernel;
    private readonly IComputeStream _stream;
    private readonly List<IDeviceMemory> _memory = [];
    private readonly MoeKernelCall _call;

    public BenchCall(IMoeKernel kernel, TokenRouting routing, ReadOnlySpan<byte> hidden, IComputeStream stream)
    {
        (_kernel, _stream) = (kernel, stream);
        var layer = kernel.Plan.Layer;
        var (_, topK, width, _) = layer.Shape;
        var tokens = routing.Ids.Length / topK;
        _call = new MoeKernelCall
        {
            HiddenStates = Upload(hidden, layer.ActivationDType, new TensorShape(tokens, width)),
            Output = Upload(new byte[hidden.Length], layer.ActivationDType, new TensorShape(tokens, width)),
            TopKIds = Upload(MemoryMarshal.AsBytes<int>(routing.Ids), DType.Int32, new TensorShape(tokens, topK)),
            TopKWeights = Upload(MemoryMarshal.AsBytes<float>(routing.Weights), DType.Float32, new TensorShape(tokens, topK)),
        };
    }

    public void Apply() => _kernel.Apply(_call, _stream);

    /// <summary>Waits, then gives the output in float32.</summary>
    public float[] ReadOutput()
    {
        var bytes = new byte[_call.Output.Bytes];
        _stream.CopyToHost(_call.Output.Pointer, bytes);
        return ActivationBytes.ToFloat(bytes, _call.Output.DType);
    }

    public void Dispose()
    {
        _stream.Synchronize();
        foreach (var memory in _memory)
        {
            memory.Dispose();
        }
    }

    private TensorView Upload(ReadOnlySpan<byte> bytes, DType dtype, TensorShape shape)
    {
        var memory = _kernel.Device.Allocate(bytes.Length, "Benchmark tensor");
        _memory.Add(memory);
        _stream.CopyToDevice(bytes, memory.Pointer);
        return TensorView.Contiguous(memory.Pointer, dtype, shape, memory.Device);
    }
}
