namespace FusedMoe.Host.Layers;

/// <summary>A composed layer with room for inputs and outputs on its device.</summary>
internal sealed class LayerRun : IDisposable
{
    private readonly IMoeKernel _kernel;
    private readonly IComputeStream _stream;
    private readonly IDisposable? _weights;
    private readonly IDeviceMemory _hidden;
    private readonly IDeviceMemory _output;
    private readonly int _width;
    private readonly DType _dtype;

    /// <summary>Takes ownership of all but the device.</summary>
    public LayerRun(IMoeKernel kernel, IComputeStream stream, IDisposable? weights)
    {
        (_kernel, _stream, _weights) = (kernel, stream, weights);
        _width = kernel.Plan.Layer.Shape.Hidden;
        _dtype = kernel.Plan.Layer.ActivationDType;
        var bytes = _dtype.BytesFor((long)kernel.Plan.Deployment.MaxTokens * _width);
        _hidden = kernel.Device.Allocate(bytes, "Hidden states");
        _output = kernel.Device.Allocate(bytes, "Layer output");
    }

    public IMoeKernel Kernel => _kernel;

    public IComputeStream Stream => _stream;

    /// <summary>Copies <c>[tokens, K]</c> of the layer's type to the device.</summary>
    public void SetHidden(ReadOnlySpan<byte> hidden) => _stream.CopyToDevice(hidden, _hidden.Pointer);

    /// <summary>Fills the output with NaN patterns, so that what a call does not write is seen.</summary>
    public void PoisonOutput() => _stream.Fill(_output.Pointer, 0xFF, _output.Bytes);

    /// <summary>Enqueues one call on the first <paramref name="tokens"/> rows.</summary>
    public void Apply(int tokens) => _kernel.Apply(
        new MoeKernelCall { HiddenStates = View(_hidden, tokens), Output = View(_output, tokens) },
        _stream);

    /// <summary>Waits, then gives the bytes of the first <paramref name="tokens"/> output rows.</summary>
    public byte[] ReadOutputBytes(int tokens)
    {
        var bytes = new byte[_dtype.BytesFor((long)tokens * _width)];
        _stream.CopyToHost(_output.Pointer, bytes);
        return bytes;
    }

    /// <summary>Waits, then gives the first <paramref name="tokens"/> output rows in float32.</summary>
    public float[] ReadOutput(int tokens) => ActivationBytes.ToFloat(ReadOutputBytes(tokens), _dtype);

    public void Dispose()
    {
        _stream.Synchronize();
        _output.Dispose();
        _hidden.Dispose();
        _kernel.Dispose();
        _weights?.Dispose();
        _stream.Dispose();
    }

    private TensorView View(IDeviceMemory memory, int tokens) =>
        TensorView.Contiguous(memory.Pointer, _dtype, new TensorShape(tokens, _width), memory.Device);
}
