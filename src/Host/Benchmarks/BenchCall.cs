using System.Runtime.InteropServices;
using FusedMoe.Host.Layers;

namespace FusedMoe.Host.Benchmarks;

/// <summary>The tensors of one timed call, in bf16.</summary>
internal sealed class BenchCall : IDisposable
{
    private readonly IMoeKernel _kernel;
    private readonly IComputeStream _stream;
    private readonly List<IDeviceMemory> _memory = [];
    private readonly MoeKernelCall _call;

    /// <summary>Random hidden states of the call's own; the output is poisoned.</summary>
    public BenchCall(IMoeKernel kernel, TokenRouting routing, BenchData data, IComputeStream stream)
    {
        (_kernel, _stream) = (kernel, stream);
        var (_, topK, width, _) = kernel.Plan.Layer.Shape;
        var tokens = routing.Ids.Length / topK;
        _call = new MoeKernelCall
        {
            HiddenStates = Tensor(DType.BFloat16, new(tokens, width), m => data.FillHidden(m, tokens, stream)),
            Output = Tensor(DType.BFloat16, new(tokens, width), _ => { }),
            TopKIds = Tensor(DType.Int32, new(tokens, topK), m => Upload(MemoryMarshal.AsBytes<int>(routing.Ids), m)),
            TopKWeights = Tensor(
                DType.Float32, new(tokens, topK), m => Upload(MemoryMarshal.AsBytes<float>(routing.Weights), m)),
        };
        PoisonOutput();
    }

    public void Apply() => _kernel.Apply(_call, _stream);

    /// <summary>Fills the output with NaN patterns, so that a row nobody writes is seen.</summary>
    public void PoisonOutput() => _stream.Fill(_call.Output.Pointer, 0xFF, _call.Output.Bytes);

    /// <summary>Waits, then gives one row of the output in float32.</summary>
    public float[] ReadOutputRow(int row)
    {
        var bytes = new byte[_call.Output.DType.BytesFor(_call.Output.Shape[1])];
        _stream.CopyToHost(_call.Output.Pointer + (row * bytes.Length), bytes);
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

    private TensorView Tensor(DType dtype, TensorShape shape, Action<IDeviceMemory> fill)
    {
        var memory = _kernel.Device.Allocate(dtype.BytesFor(shape.Elements), "Benchmark tensor");
        _memory.Add(memory);
        fill(memory);
        return TensorView.Contiguous(memory.Pointer, dtype, shape, memory.Device);
    }

    private void Upload(ReadOnlySpan<byte> bytes, IDeviceMemory memory) => _stream.CopyToDevice(bytes, memory.Pointer);
}
