using FusedMoe.Cuda;

namespace FusedMoe.Experts.Triton;

/// <summary>
/// What happens between the products when it is not fused: the activation, and quantization for the second product.
/// </summary>
internal sealed class InnerActivation(
    TritonLayer layer, TritonLauncher launcher, CudaKernel? activate, IActivationQuantizer? quantizer)
{
    /// <summary>True when the first product's tile computes the activation.</summary>
    public bool IsFused => layer.Activation.Form != ActivationForm.Separate;

    /// <summary>Quantization of the second product's input; null for none.</summary>
    public QuantKey? Quant => layer.Scheme.Quant.Activation;

    /// <summary>True when one scale covers all rows, so that rows nobody wrote would spoil it.</summary>
    public bool ReadsDeadRows => Quant is { } key && !key.Scale.IsStatic && key.Scale.Group == GroupShape.PerTensor;

    /// <summary>Enqueues the activation of live rows.</summary>
    /// <param name="input">First product's output, <c>[rows, N]</c>.</param>
    /// <param name="output"><c>[rows, I]</c>.</param>
    /// <param name="args">Routing or counts; this fills in the rest.</param>
    /// <param name="stream">Orders the work.</param>
    public void Activate(nint input, nint output, ActivateRowsArgs args, IComputeStream stream)
    {
        var kernel = activate
            ?? throw new InvalidOperationException(
                $"Activation '{layer.Activation.Kind}' must have a kernel image, got none.");
        var plan = layer.Activation;
        args.x_ptr = input;
        args.out_ptr = output;
        args.n_out = layer.Shape.Intermediate;
        args.stride_xm = layer.GateUp;
        args.stride_om = layer.Shape.Intermediate;
        args.gate_step = layer.IsInterleaved ? 2 : 1;
        args.half_step = layer.IsInterleaved ? 1 : layer.Shape.Intermediate;
        args.alpha = plan.Alpha;
        args.cubic = plan.Cubic;
        args.beta = plan.Beta;
        args.linear_beta = plan.LinearBeta;
        var columns = GemmGrid.Divide(layer.Shape.Intermediate, kernel.Entry.Constant("BLOCK_N"));
        launcher.Run(kernel, args, args.rows, (int)columns, stream);
    }

    /// <summary>Quantizes rows for the second product.</summary>
    /// <param name="input">Activation output, <c>[rows, I]</c>, or <c>[E, T, I]</c> with a count an expert.</param>
    /// <param name="live">Live tokens of the call, or live rows of each block; <see cref="TensorView.None"/> for all.</param>
    /// <param name="rowsPerUnit">Rows that one of them stands for.</param>
    /// <param name="product">The second product, for the scale of static keys.</param>
    /// <param name="codes">Where elements go.</param>
    /// <param name="scales">Where scales go.</param>
    /// <param name="stream">Orders the work.</param>
    public GemmInput Quantize(
        TensorView input, TensorView live, int rowsPerUnit, TritonProduct product, nint codes, nint scales,
        IComputeStream stream)
    {
        var key = Quant!;
        var service = quantizer
            ?? throw new InvalidOperationException(
                $"Quantization {key.Name} must have a quantizer for cuda, got none.");
        var columns = (int)input.Shape[-1];
        var rows = (int)(input.Elements / columns);
        var output = TensorView.Contiguous(codes, key.Element, input.Shape, input.Device);
        var shape = service.ScaleShape(key, rows, columns);
        var scaleView = TensorView.Contiguous(scales, key.Scale.DType, shape, input.Device);
        var staticScale = key.Scale.IsStatic ? product.InputScale : TensorView.None;
        service.Quantize(
            new QuantizationCall
            {
                Input = input,
                Key = key,
                StaticScale = staticScale,
                Output = output,
                Scales = scaleView,
                LiveRows = live,
                RowsPerUnit = rowsPerUnit,
            },
            stream);
        return new GemmInput(codes, scaleView);
    }
}
