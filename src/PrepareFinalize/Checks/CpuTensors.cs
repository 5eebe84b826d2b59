using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>Checks of what a CPU service is given; a mistake here would be a wild read there.</summary>
internal static class CpuTensors
{
    /// <summary>The workers of a CPU stream.</summary>
    /// <exception cref="ArgumentException">There is no stream, or it is a GPU's.</exception>
    public static WorkerPool Workers(IComputeStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.Device.Traits.Id.Kind == DeviceKind.Cpu
            ? WorkerPool.Of(stream.Device)
            : throw new ArgumentException(
                $"The stream must be of the cpu, got one of {stream.Device.Traits.Id}.", nameof(stream));
    }

    /// <summary>The rows of a dense tensor.</summary>
    /// <exception cref="ArgumentException">It has another rank, is strided or elsewhere.</exception>
    public static TensorRows Rows(TensorView view, string name)
    {
        RequireDense(view, name);
        return new TensorRows(view, name);
    }

    /// <summary>The rows of a dense float32, bf16 or fp16 tensor.</summary>
    /// <exception cref="ArgumentException">It has another rank or type, is strided or elsewhere.</exception>
    public static TensorRows Activation(TensorView view, string name)
    {
        TensorCheck.Require(view.DType.IsActivation(), name, "float32, bf16 or fp16", view);
        return Rows(view, name);
    }

    /// <summary>Refuses a tensor that is strided or elsewhere.</summary>
    /// <exception cref="ArgumentException">It is.</exception>
    public static void RequireDense(TensorView view, string name)
    {
        if (view.Device.Kind != DeviceKind.Cpu || !view.IsContiguous)
        {
            throw new ArgumentException($"{name} must be contiguous on the cpu, got {view} with strides {view.Strides}.");
        }
    }
}
