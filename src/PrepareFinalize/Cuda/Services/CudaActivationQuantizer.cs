using FusedMoe.Cuda;

namespace FusedMoe.PrepareFinalize;

/// <summary>Quantizes activations on a GPU: the formula of <see cref="IActivationQuantizer"/>.</summary>
internal sealed class CudaActivationQuantizer(CudaLauncher launcher) : IActivationQuantizer
{
    private const int ThreadVector = 8;
    private const int BlocksPerProcessor = 8;
    private const string Amax = "sm80_any_quantization_amax";
    private const string Finish = "sm80_any_quantization_finish";
    private const string Given = "sm80_any_quantization_given";
    private const string Tiles = "sm80_any_quantization_tiles";

    public DeviceKind DeviceKind => DeviceKind.Cuda;

    public Support Supports(QuantKey key) => CudaQuantization.For(key) is null
        ? Support.No(
            RefusalCodes.QuantScheme,
            "activation quantization",
            CudaQuantization.Accepted,
            key.Name,
            "let the experts quantize or choose another scheme")
        : Support.Yes;

    public TensorShape ScaleShape(QuantKey key, int rows, int columns) => Require(key).ScaleShape(rows, columns);

    public void Quantize(
        TensorView input, QuantKey key, TensorView staticScale, TensorView output, TensorView scales, IComputeStream stream)
    {
        var quantization = Require(key);
        TensorCheck.Require(input.Shape.Rank == 2, "rows to quantize", "[M, K]", input);
        var shape = quantization.ScaleShape((int)input.Shape[0], (int)input.Shape[1]);
        TensorCheck.Require(scales.Shape == shape, "scales", $"{key.Scale.DType.Name()} {shape}", scales);
        Quantize(
            new QuantizationCall { Input = input, Key = key, StaticScale = staticScale, Output = output, Scales = scales },
            stream);
    }

    public void Quantize(in QuantizationCall call, IComputeStream stream)
    {
        var quantization = Require(call.Key);
        var blocks = QuantizationBlocks.Of(call);
        var args = Bind(call, quantization, blocks);
        var vectors = (long)args.rows * ((args.columns + ThreadVector - 1) / ThreadVector);
        switch (quantization.Kind)
        {
            case CudaQuantizationKind.Groups:
                if (call.Key.SecondScale is not null)
                {
                    args.given_scales = GivenScales(call, 1);
                }

                Spread(quantization.GroupsKey, args, vectors, blocks.Count, stream);
                break;
            case CudaQuantizationKind.Tiles:
                var (tileRows, tileColumns) = quantization.Tile(args.columns);
                args.group_rows = tileRows;
                args.group_columns = tileColumns;
                var grid = new KernelLaunch(Ceiling(args.rows, tileRows), Ceiling(args.columns, tileColumns), blocks.Count);
                launcher.Launch(Tiles, args, grid, stream);
                break;
            case CudaQuantizationKind.Given:
                args.given_scales = GivenScales(call, quantization.IsPerRow ? blocks.TotalRows : 1);
                args.group_rows = quantization.IsPerRow ? 1 : 0;
                Spread(Given, args, vectors, blocks.Count, stream);
                break;
            default:
                // Refuses a wrong stream before anything is enqueued on it.
                launcher.Kernel(Amax, stream);
                stream.Fill(args.scales, 0, sizeof(float));
                Spread(Amax, args, vectors, blocks.Count, stream);
                launcher.Launch(Finish, args, new KernelLaunch(1), stream);
                Spread(Given, args with { given_scales = args.scales }, vectors, blocks.Count, stream);
                break;
        }
    }

    private static nint GivenScales(in QuantizationCall call, int count)
    {
        TensorCheck.Require(call.StaticScale.Elements == count, "static scale", $"float32 [{count}]", call.StaticScale);
        return CudaTensors.Dense(call.StaticScale, DType.Float32, "static scale");
    }

    private static int Ceiling(int value, int step) => (value + step - 1) / step;

    private static CudaQuantization Require(QuantKey key) => CudaQuantization.For(key)
        ?? throw new ArgumentException($"Activation quantization must be {CudaQuantization.Accepted}, got {key}.", nameof(key));

    private static QuantizationArgs Bind(
        in QuantizationCall call, CudaQuantization quantization, in QuantizationBlocks blocks)
    {
        var (input, output, key) = (call.Input, call.Output, call.Key);
        var shape = quantization.ScaleShape(blocks.TotalRows, blocks.Columns);
        TensorCheck.Require(
            output.DType == key.Element && output.Shape == input.Shape,
            "quantized rows",
            $"{key.Element.Name()} {input.Shape}",
            output);
        TensorCheck.Require(
            call.Scales.DType == key.Scale.DType && call.Scales.Elements == shape.Elements,
            "scales",
            $"{key.Scale.DType.Name()} {shape}",
            call.Scales);
        var isWhole = !key.Element.IsPacked() || blocks.Columns % 2 == 0;
        TensorCheck.Require(isWhole, "packed rows", "an even number of columns", input);
        return new QuantizationArgs
        {
            input = CudaTensors.Activation(input, "rows to quantize"),
            live = CudaTensors.Optional(call.LiveRows, DType.Int32, "live rows"),
            output = CudaTensors.Dense(output, "quantized rows"),
            scales = CudaTensors.Dense(call.Scales, "scales"),
            rows = blocks.Rows,
            rows_per_unit = Math.Max(call.RowsPerUnit, 1),
            columns = blocks.Columns,
            input_dtype = (int)input.DType,
            element = (int)key.Element,
            scale_dtype = (int)key.Scale.DType,
            element_max = quantization.ElementMax,
        };
    }

    private void Spread(string key, in QuantizationArgs args, long vectors, int blocks, IComputeStream stream)
    {
        var kernel = launcher.Kernel(key, stream);
        var groups = (vectors + kernel.Entry.Threads - 1) / kernel.Entry.Threads;
        var grid = new KernelLaunch(CudaLauncher.Spread(groups, BlocksPerProcessor, stream), 1, blocks);
        launcher.Launch(kernel, args, grid, stream);
    }
}
