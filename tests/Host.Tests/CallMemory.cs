using FusedMoe.Cuda;

namespace FusedMoe.Host.Tests;

/// <summary>Inputs and output of calls on a GPU.</summary>
internal sealed class CallMemory : IDisposable
{
    private readonly IMoeKernel _kernel;
    private readonly IDeviceMemory _hidden;
    private readonly IDeviceMemory _output;
    private readonly MoeKernelCall _call;

    public CallMemory(IMoeKernel kernel, CudaDevice device, int tokens)
    {
        _kernel = kernel;
        var layer = kernel.Plan.Layer;
        var bytes = layer.ActivationDType.BytesFor((long)tokens * layer.Shape.Hidden);
        (_hidden, _output) = (device.Allocate(bytes, "hidden states"), device.Allocate(bytes, "output"));
        var shape = new TensorShape(tokens, layer.Shape.Hidden);
        _call = new MoeKernelCall
        {
            HiddenStates = TensorView.Contiguous(_hidden.Pointer, layer.ActivationDType, shape, _hidden.Device),
            Output = TensorView.Contiguous(_output.Pointer, layer.ActivationDType, shape, _output.Device),
        };
        Bytes = 2 * bytes;
        using var stream = device.CreateStream();
        stream.Fill(_hidden.Pointer, 0x3C, bytes);
        stream.Synchronize();
    }

    /// <summary>Bytes of both.</summary>
    public long Bytes { get; }

    public void Apply(CudaStream stream, int calls)
    {
        for (var i = 0; i < calls; i++)
        {
            _kernel.Apply(_call, stream);
        }

        Settle(stream, calls);
    }

    public void Replay(CudaGraph graph, CudaStream stream, int calls)
    {
        for (var i = 0; i < calls; i++)
        {
            graph.Launch(stream);
        }

        Settle(stream, calls);
    }

    public void Dispose()
    {
        _hidden.Dispose();
        _output.Dispose();
    }

    // A single call may be part of a capture, which must not wait.
    private static void Settle(CudaStream stream, int calls)
    {
        if (calls > 1)
        {
            stream.Synchronize();
        }
    }
}
