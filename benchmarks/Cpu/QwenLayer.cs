using System.Diagnostics;
using System.Runtime.InteropServices;
using FusedMoe.Cpu;
using FusedMoe.Experts.Cpu;

namespace FusedMoe.Cpu.Benchmarks;

/// <summary>The experts of one Qwen3-30B-A3B layer with random bf16 weights, routed uniformly.</summary>
internal sealed class QwenLayer : IDisposable
{
    private const int Experts = 128;
    private const int TopK = 8;
    private const int Hidden = 2048;
    private const int Intermediate = 768;
    private const int MaxTokens = 512;
    private const long WeightsPerExpert = 3L * Hidden * Intermediate;
    private const double FlopsPerPair = 2.0 * 3 * Hidden * Intermediate;

    private readonly List<AlignedMemory> _memory = [];
    private readonly CpuDevice _device = new();
    private readonly IComputeStream _stream;
    private readonly IFusedExperts _experts;
    private readonly IPreparedWeights _weights;
    private readonly string _kernels;
    private readonly long _bytesPerExpert;
    private readonly TensorView _hidden;
    private readonly TensorView _workspace13;
    private readonly TensorView _workspace2;

    public QwenLayer(InstructionSet set, QuantKey? quant = null)
    {
        var spec = new MoeLayerSpec(
            new MoeShape(Experts, TopK, Hidden, Intermediate), RoutingSpec.For(RoutingMethod.RenormalizeNaive),
            ActivationSpec.Silu, new MoeLayerFeatures { Quant = new QuantSpec(quant, null) });
        var kernels = new DotKernels(set);
        _kernels = kernels.For(spec).Name + (quant is null ? string.Empty : $", {quant}");
        _bytesPerExpert = (quant?.Element ?? DType.BFloat16).BytesFor(WeightsPerExpert);
        _stream = _device.CreateStream();
        _experts = new CpuExpertsDescriptor(kernels).Create(
            new StageContext(spec, new DeploymentSpec { Device = _device.Traits }, _device, Experts, null));
        _weights = _experts.PrepareWeights(
            new ExpertWeights
            {
                W13 = Weight(quant, 2 * Intermediate, Hidden),
                W2 = Weight(quant, Hidden, Intermediate),
                W13Scale = Scale(quant, 2 * Intermediate, Hidden),
                W2Scale = Scale(quant, Hidden, Intermediate),
            },
            _stream);
        _hidden = Random(new(MaxTokens, Hidden));
        var shapes = _experts.WorkspaceShapes(Problem(MaxTokens));
        _workspace13 = New(DType.BFloat16, new(Math.Max(shapes.Workspace13.Elements, shapes.Output.Elements)));
        _workspace2 = New(DType.BFloat16, shapes.Workspace2);
    }

    /// <summary>
    /// Times a call; every run brings other ids, so that few tokens do not find their experts in a cache.
    /// </summary>
    public LayerFigure Measure(int tokens, MachineLimits limits)
    {
        var runs = tokens < 64 ? 101 : 21;
        var ids = New(DType.Int32, new(tokens, TopK));
        var weights = New(DType.Float32, new(tokens, TopK));
        weights.AsSpan<float>().Fill(1f / TopK);
        var times = new double[runs];
        var random = new Random(11);
        var touched = 0L;
        var busy = TimeSpan.Zero;
        for (var run = -3; run < runs; run++)
        {
            var experts = Draw(random, ids.AsSpan<int>());
            var processor = Environment.CpuUsage.TotalTime;
            var start = Stopwatch.GetTimestamp();
            _experts.Apply(Call(tokens, ids, weights), _stream);
            if (run >= 0)
            {
                times[run] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                busy += Environment.CpuUsage.TotalTime - processor;
                touched += experts;
            }
        }

        Array.Sort(times);
        var median = times[runs / 2];
        var bandwidth = (double)touched / runs * _bytesPerExpert / median / 1e6;
        var gigaflops = tokens * TopK * FlopsPerPair / median / 1e6;
        return new LayerFigure(
            _kernels, tokens, median, times[0], runs, busy.TotalMilliseconds / runs, bandwidth, gigaflops,
            bandwidth / limits.CopyGigabytesPerSecond,
            gigaflops / limits.FmaGigaflops);
    }

    public void Dispose()
    {
        _experts.Dispose();
        _device.Dispose();
        foreach (var memory in _memory)
        {
            memory.Dispose();
        }
    }

    private static ExpertsProblem Problem(int tokens) =>
        new(tokens, Experts, Experts, 2 * Intermediate, Hidden, TopK, 0, 1);

    // Distinct uniform experts for each token; returns how many experts any token goes to.
    private static int Draw(Random random, Span<int> ids)
    {
        var order = Enumerable.Range(0, Experts).ToArray();
        var used = new HashSet<int>();
        for (var token = 0; token < ids.Length; token += TopK)
        {
            random.Shuffle(order);
            order.AsSpan(0, TopK).CopyTo(ids[token..]);
            used.UnionWith(order[..TopK]);
        }

        return used.Count;
    }

    private ExpertsCall Call(int tokens, TensorView ids, TensorView weights)
    {
        var shapes = _experts.WorkspaceShapes(Problem(tokens));
        return new ExpertsCall
        {
            Output = _workspace13.Reinterpret(DType.BFloat16, shapes.Output),
            HiddenStates = _hidden.Slice(0, 0, tokens),
            TopKIds = ids,
            TopKWeights = weights,
            Weights = _weights,
            Workspace13 = _workspace13.Reinterpret(DType.BFloat16, shapes.Workspace13),
            Workspace2 = _workspace2.Reinterpret(DType.BFloat16, shapes.Workspace2),
            GlobalExperts = Experts,
        };
    }

    private TensorView New(DType dtype, TensorShape shape)
    {
        var memory = new AlignedMemory(dtype.BytesFor(shape.Elements));
        memory.Clear();
        _memory.Add(memory);
        return TensorView.Contiguous(memory.Pointer, dtype, shape, DeviceId.Cpu);
    }

    // Quantized codes are one byte over and over: decoding takes the same time whatever they are.
    private unsafe TensorView Weight(QuantKey? quant, int rows, int columns)
    {
        var shape = new TensorShape(Experts, rows, columns);
        if (quant is null)
        {
            return Random(shape);
        }

        var tensor = New(quant.Element, shape);
        NativeMemory.Fill((void*)tensor.Pointer, (nuint)tensor.Bytes, 0x2B);
        return tensor;
    }

    private TensorView Scale(QuantKey? quant, int rows, int columns)
    {
        if (quant is null)
        {
            return TensorView.None;
        }

        var (down, across) = WeightsCheck.ScaleGrid(quant.Scale.Group, rows, columns);
        var shape = quant.Scale.Group == GroupShape.PerTensor ? new TensorShape(Experts)
            : quant.Scale.Group == GroupShape.PerChannel ? new TensorShape(Experts, rows)
            : new TensorShape(Experts, down, across);
        var tensor = New(quant.Scale.DType, shape);
        if (quant.Scale.DType == DType.Float32)
        {
            tensor.AsSpan<float>().Fill(0.01f);
        }
        else
        {
            tensor.AsSpan<byte>().Fill(120);
        }

        return tensor;
    }

    // One block of random values over and over: products take the same time, and the program starts in seconds.
    private TensorView Random(TensorShape shape)
    {
        var tensor = New(DType.BFloat16, shape);
        var random = new Random(1);
        var block = new float[1 << 20];
        foreach (ref var value in block.AsSpan())
        {
            value = (random.NextSingle() - 0.5f) * 0.1f;
        }

        for (long start = 0; start < shape.Elements; start += block.Length)
        {
            var run = block.AsSpan(0, (int)Math.Min(block.Length, shape.Elements - start));
            NumberFormats.FromSingle(run, DType.BFloat16, tensor.Pointer, start);
        }

        return tensor;
    }
}
