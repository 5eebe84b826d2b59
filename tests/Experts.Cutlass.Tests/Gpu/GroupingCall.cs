using System.Runtime.InteropServices;
using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass.Tests;

/// <summary>A problem's tensors on the device for the grouped products, whichever way pairs are grouped.</summary>
internal sealed class GroupingCall : IDisposable
{
    private readonly CudaStream _stream;
    private readonly DecodeProblem _problem;
    private readonly List<DeviceTensor> _tensors = [];
    private readonly DeviceTensor _space;
    private readonly DeviceTensor _output;
    private readonly CutlassProducts _products;
    private readonly CutlassWeights _weights;
    private readonly ExpertsCall _call;

    public GroupingCall(CudaStream stream, DecodeProblem problem)
    {
        (_stream, _problem) = (stream, problem);
        var (random, experts, width) = (new Random(7), problem.LocalExperts, problem.Halves * problem.Intermediate);
        TensorView Random(double scale, params long[] shape) =>
            Upload(problem.DType, Numbers16.Random(random, problem.DType, new TensorShape(shape).Elements, scale), shape);
        Workspace = new CutlassWorkspace(problem.Layer, Alignment);
        _space = Keep(new DeviceTensor(stream, problem.DType, Workspace.Shapes(problem.Tokens).Workspace2.Elements));
        _output = Keep(new DeviceTensor(stream, problem.DType, problem.Pairs, problem.Hidden));
        var weights = new ExpertWeights
        {
            W13 = Random(3 / Math.Sqrt(problem.Hidden), experts, width, problem.Hidden),
            W2 = Random(3 / Math.Sqrt(problem.Intermediate), experts, problem.Hidden, problem.Intermediate),
        };
        _weights = CutlassWeights.From(problem.Layer, weights, stream);
        _call = new ExpertsCall
        {
            Output = _output.View,
            HiddenStates = Random(1, problem.Tokens, problem.Hidden),
            TopKWeights = TensorView.None,
            TopKIds = Upload(DType.Int32, problem.Ids(), problem.Tokens, problem.TopK),
            Weights = _weights,
            ExpertMap = problem.HasMap ? Upload(DType.Int32, problem.Map(), problem.Experts) : TensorView.None,
            Workspace13 = TensorView.None,
            Workspace2 = _space.View,
            GlobalExperts = problem.Experts,
            ValidTokens = problem.Valid is { } valid ? Upload(DType.Int32, [valid], 1) : TensorView.None,
        };
        _products = new CutlassProducts(problem.Layer);
        _products.Bind(_weights);
    }

    /// <summary>The alignment of calls whose blocks do not group.</summary>
    public HostAlignment Alignment { get; } = new();

    private CutlassWorkspace Workspace { get; }

    /// <summary>Runs both products on poisoned memory, tables included. Returns all rows as bits.</summary>
    /// <param name="launcher">The layer's kernels.</param>
    /// <param name="tile">Tile of both products.</param>
    /// <param name="isAligned">True to align the pairs however few they are.</param>
    public (ushort[] Middle, ushort[] Output) Run(CutlassLauncher launcher, CutlassTile tile, bool isAligned)
    {
        foreach (var tensor in new[] { _space, _output })
        {
            _stream.Fill(tensor.View.Pointer, 0xFF, tensor.View.Bytes);
        }

        Launch(launcher, tile, isAligned);
        return Results();
    }

    /// <summary>Enqueues both products on what the memory holds.</summary>
    public void Launch(CutlassLauncher launcher, CutlassTile tile, bool isAligned)
    {
        var grouping = new CutlassGrouping(_problem.Layer, Workspace, Alignment);
        var tables = isAligned ? grouping.Align(_call, _stream) : grouping.Group(_call, tile, _stream);
        var middle = _space.View.Pointer;
        var rows = new CutlassRows(_call.HiddenStates.Pointer, middle, _problem.TopK);
        launcher.First(tile, _products.First, tables, rows, _stream);
        launcher.Second(tile, _products.Second(middle, _problem.Pairs), tables, _output.View.Pointer, _stream);
    }

    /// <summary>The rows of both products as bits.</summary>
    public (ushort[] Middle, ushort[] Output) Results()
    {
        var middle = MemoryMarshal.Cast<byte, ushort>(_space.Bytes())[..(_problem.Pairs * _problem.Intermediate)];
        return (middle.ToArray(), [.. MemoryMarshal.Cast<byte, ushort>(_output.Bytes())]);
    }

    public void Dispose()
    {
        _products.Dispose();
        _weights.Dispose();
        _tensors.ForEach(t => t.Dispose());
    }

    private DeviceTensor Keep(DeviceTensor tensor)
    {
        _tensors.Add(tensor);
        return tensor;
    }

    private TensorView Upload<T>(DType dtype, T[] values, params long[] shape)
        where T : unmanaged => Keep(DeviceTensor.From(_stream, dtype, values, shape)).View;
}
