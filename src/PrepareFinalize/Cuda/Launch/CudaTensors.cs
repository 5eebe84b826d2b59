namespace FusedMoe.PrepareFinalize;

/// <summary>Checks of tensors that go to a kernel; a mistake here would be an illegal access there.</summary>
internal static class CudaTensors
{
    /// <summary>The address of a dense tensor on a GPU.</summary>
    /// <exception cref="ArgumentException">It is elsewhere or strided.</exception>
    public static nint Dense(TensorView view, string name) => view.Device.Kind == DeviceKind.Cuda && view.IsContiguous
        ? view.Pointer
        : throw new ArgumentException($"{name} must be contiguous on a cuda device, got {view} with strides {view.Strides}.");

    /// <summary>The address of a dense tensor of one type, or 0 for none.</summary>
    /// <exception cref="ArgumentException">It is elsewhere, strided or of another type.</exception>
    public static nint Optional(TensorView view, DType dtype, string name) => view.IsNone ? 0 : Dense(view, dtype, name);

    /// <summary>The address of a dense tensor of one type.</summary>
    /// <exception cref="ArgumentException">It is elsewhere, strided or of another type.</exception>
    public static nint Dense(TensorView view, DType dtype, string name) => view.DType == dtype
        ? Dense(view, name)
        : throw new ArgumentException($"{name} must be {dtype.Name()}, got {view}.");

    /// <summary>The address of a dense float32, bf16 or fp16 tensor.</summary>
    /// <exception cref="ArgumentException">It is elsewhere, strided or of another type.</exception>
    public static nint Activation(TensorView view, string name) => view.DType.IsActivation()
        ? Dense(view, name)
        : throw new ArgumentException($"{name} must be float32, bf16 or fp16, got {view}.");

    /// <summary>The address of dense int32 or int64 ids.</summary>
    /// <exception cref="ArgumentException">They are elsewhere, strided or of another type.</exception>
    public static nint Ids(TensorView view) => view.DType is DType.Int32 or DType.Int64
        ? Dense(view, "top-k ids")
        : throw new ArgumentException($"top-k ids must be int32 or int64, got {view}.");
}
