using FusedMoe.Cuda;

namespace FusedMoe.PrepareFinalize;

/// <summary>The activation on a GPU, every kind, bounded by the live rows.</summary>
internal sealed class CudaActivationOps(CudaLauncher launcher) : IActivationOps
{
    private const int ThreadVector = 8;
    private const int BlocksPerProcessor = 8;

    private static readonly string[] Keys =
        [.. ActivationNames.All.Select(name => "sm80_any_activation_" + name)];

    public DeviceKind DeviceKind => DeviceKind.Cuda;

    /// <summary>The kernel of an activation.</summary>
    public static string KeyOf(ActivationKind kind) => Keys[(int)kind];

    public void Activate(in ActivationCall call, IComputeStream stream)
    {
        var (input, output, activation) = (call.Input, call.Output, call.Activation);
        TensorCheck.Require(input.Shape.Rank is 2 or 3, "activation input", "[rows, N] or [E, rows, N]", input);
        var halves = activation.IsGated ? 2 : 1;
        var (rank, width) = (input.Shape.Rank, (int)(input.Shape[-1] / halves));
        var (blocks, rows) = (rank == 3 ? (int)input.Shape[0] : 1, (int)input.Shape[-2]);
        TensorCheck.Require(
            width > 0 && input.Shape[-1] == (long)halves * width,
            "activation input",
            $"rows of at least {halves} elements, a multiple of {halves} for {activation.Name}",
            input);
        var outputShape = input.Shape.With(rank - 1, width);
        TensorCheck.Require(output.Shape == outputShape, "activation output", $"{outputShape}", output);
        var live = CudaTensors.Optional(call.LiveRows, DType.Int32, "live rows");
        TensorCheck.Require(live == 0 || call.LiveRows.Elements == blocks, "live rows", $"int32 [{blocks}]", call.LiveRows);
        var args = new ActivationArgs
        {
            input = CudaTensors.Activation(input, "activation input"),
            output = CudaTensors.Activation(output, "activation output"),
            live = live,
            rows = rows,
            rows_per_unit = Math.Max(call.RowsPerUnit, 1),
            width = width,
            input_dtype = (int)input.DType,
            output_dtype = (int)output.DType,
            limit = activation.Limit ?? -1f,
            alpha = activation.Alpha,
            beta = activation.Beta,
            linear_beta = activation.LinearBeta ?? 0f,
        };
        var kernel = launcher.Kernel(KeyOf(activation.Kind), stream);
        var vectors = (long)rows * ((width + ThreadVector - 1) / ThreadVector);
        var grid = CudaLauncher.Spread((vectors + kernel.Entry.Threads - 1) / kernel.Entry.Threads, BlocksPerProcessor, stream);
        launcher.Launch(kernel, args, new KernelLaunch(grid, blocks), stream);
    }
}
