using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass.Tests;

/// <summary>A problem's tensors on the device, and both products' results as bits.</summary>
internal sealed class DecodeCall : IDisposable
{
    private readonly CudaStream _stream;
    private readonly DecodeProblem _problem;
    private readonly List<DeviceTensor> _tensors = [];
    private readonly DeviceTensor _middle;
    private readonly DeviceTensor _output;
    private readonly CutlassWeights _weights;
    private readonly ExpertsCall _call;

    public DecodeCall(CudaStream stream, DecodeProblem problem)
    {
        (_stream, _problem) = (stream, problem);
        var random = new Random(7);
        var (experts, width, pairs) = (problem.LocalExperts, problem.Halves * problem.Intermediate, problem.Pairs);
        X = Numbers16.Random(random, problem.DType, (long)problem.Tokens * problem.Hidden, 1);
        W13 = Numbers16.Random(random, problem.DType, (long)experts * width * problem.Hidden, 3 / Math.Sqrt(problem.Hidden));
        W2 = Numbers16.Random(
            random, problem.DType, (long)experts * problem.Hidden * problem.Intermediate, 3 / Math.Sqrt(problem.Intermediate));
        B13 = Numbers16.Random(random, DType.BFloat16, problem.Bias is null ? 0 : (long)experts * width, 2);
        B2 = Numbers16.Random(random, DType.BFloat16, problem.Bias is null ? 0 : (long)experts * problem.Hidden, 2);
        SlotWeights = [.. Enumerable.Range(0, pairs).Select(_ => random.NextSingle() / problem.TopK)];
        _middle = Keep(new DeviceTensor(stream, problem.DType, pairs, problem.Intermediate));
        _output = Keep(new DeviceTensor(stream, problem.DType, problem.Tokens, problem.Hidden));
        var weights = new ExpertWeights
        {
            W13 = Upload(W13, experts, width, problem.Hidden),
            W2 = Upload(W2, experts, problem.Hidden, problem.Intermediate),
            W13Bias = Bias(B13, experts, width),
            W2Bias = Bias(B2, experts, problem.Hidden),
        };
        _weights = CutlassWeights.From(problem.Layer, weights, stream);
        _call = new ExpertsCall
        {
            Output = _output.View,
            HiddenStates = Upload(X, problem.Tokens, problem.Hidden),
            TopKWeights = Keep(DeviceTensor.From(stream, DType.Float32, SlotWeights, problem.Tokens, problem.TopK)).View,
            TopKIds = Upload(problem.Ids(), problem.Tokens, problem.TopK),
            Weights = _weights,
            ExpertMap = problem.HasMap ? Upload(problem.Map(), problem.Experts) : TensorView.None,
            Workspace13 = TensorView.None,
            Workspace2 = _middle.View,
            GlobalExperts = problem.Experts,
            ValidTokens = problem.Valid is { } valid ? Upload([valid], 1) : TensorView.None,
        };
    }

    public ushort[] X { get; }

    public ushort[] W13 { get; }

    public ushort[] W2 { get; }

    /// <summary>bf16 bits, whatever the type on the device: every bf16 number in range is a number of the others.</summary>
    public ushort[] B13 { get; }

    /// <summary>As <see cref="B13"/>.</summary>
    public ushort[] B2 { get; }

    /// <summary>A weight for every pair.</summary>
    public float[] SlotWeights { get; }

    /// <summary>Runs both products on poisoned results.</summary>
    public (ushort[] Middle, ushort[] Output) Run(DecodeLauncher launcher)
    {
        foreach (var tensor in new[] { _middle, _output })
        {
            _stream.Fill(tensor.View.Pointer, 0xFF, tensor.View.Bytes);
        }

        launcher.Bind(_call.Weights.Weights);
        launcher.First(_call, _middle.View.Pointer, _stream);
        launcher.Second(_call, _middle.View.Pointer, _stream);
        return (Bits(_middle), Bits(_output));
    }

    public void Dispose()
    {
        _weights.Dispose();
        _tensors.ForEach(t => t.Dispose());
    }

    private static ushort[] Bits(DeviceTensor tensor) =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(tensor.Bytes()).ToArray();

    private DeviceTensor Keep(DeviceTensor tensor)
    {
        _tensors.Add(tensor);
        return tensor;
    }

    private TensorView Upload(ushort[] bits, params long[] shape) =>
        Keep(DeviceTensor.From(_stream, _problem.DType, bits, shape)).View;

    private TensorView Upload(int[] values, params long[] shape) =>
        Keep(DeviceTensor.From(_stream, DType.Int32, values, shape)).View;

    private TensorView Bias(ushort[] bits, params long[] shape)
    {
        var values = Array.ConvertAll(bits, b => (float)Numbers16.Value(DType.BFloat16, b));
        return _problem.Bias switch
        {
            null => TensorView.None,
            DType.Float32 => Keep(DeviceTensor.From(_stream, DType.Float32, values, shape)).View,
            DType.BFloat16 => Upload(bits, shape),
            _ => Upload(Array.ConvertAll(values, v => BitConverter.HalfToUInt16Bits((Half)v)), shape),
        };
    }
}
