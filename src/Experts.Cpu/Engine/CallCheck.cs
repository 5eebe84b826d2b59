namespace FusedMoe.Experts.Cpu;

/// <summary>Holds the tensors of a call against the layer, so that a caller's mistake is named.</summary>
internal static class CallCheck
{
    /// <summary>Hidden states of the layer's type (or activation quantization) and width, in host memory.</summary>
    /// <exception cref="ArgumentException">They are not.</exception>
    public static void Hidden(MoeLayerSpec layer, TensorView hidden, TensorView scales)
    {
        var dtype = layer.Quant.Activation?.Element ?? layer.ActivationDType;
        if (hidden.DType != dtype || hidden.Device.Kind != DeviceKind.Cpu || hidden.Shape.Rank < 2
            || hidden.Shape[-1] != layer.Shape.Hidden || (layer.Shape.Hidden > 1 && hidden.Strides[-1] != 1))
        {
            throw new ArgumentException(
                $"Hidden states must be {dtype.Name()} rows of {layer.Shape.Hidden} elements on cpu, got {hidden}.",
                nameof(hidden));
        }

        if (layer.Quant.Activation is { } key && scales.IsNone)
        {
            throw new ArgumentException(
                $"Hidden scales must be given for activations quantized as {key}, got none.", nameof(scales));
        }
    }

    /// <summary>A workspace of at least the bytes that its shape was asked for.</summary>
    /// <exception cref="ArgumentException">It is smaller.</exception>
    public static void Workspace(string name, TensorView workspace, long bytes)
    {
        if ((workspace.IsNone ? 0 : workspace.Bytes) < bytes)
        {
            throw new ArgumentException(
                $"{name} must have at least {bytes} bytes, got {workspace}; ask WorkspaceShapes for this call's rows.",
                name);
        }
    }

    /// <summary>Counts of the batched format.</summary>
    /// <exception cref="ArgumentException">They are missing.</exception>
    public static void Counts(ExpertTokens tokens, int experts)
    {
        if (tokens.IsNone || tokens.Counts.DType != DType.Int32 || tokens.Counts.Elements < experts)
        {
            throw new ArgumentException(
                $"Expert tokens must be int32 counts of {experts} experts in the batched format, got {tokens.Counts}.",
                nameof(tokens));
        }
    }
}
