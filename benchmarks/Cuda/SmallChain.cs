using System.Runtime.InteropServices;
using FusedMoe.Host.Layers;
using FusedMoe.PrepareFinalize;
using Microsoft.Extensions.Options;

namespace FusedMoe.Cuda.Benchmarks;

/// <summary>
/// What stands around the grouped products of a Qwen3-30B-A3B layer: gate, routing, alignment, permutation, activation,
/// weighted sum. At few tokens it is launch latency.
/// </summary>
internal sealed class SmallChain : IDisposable
{
    private const int Experts = 128;
    private const int TopK = 8;
    private const int Hidden = 2048;
    private const int Intermediate = 768;
    private const int Block = 16;
    private const int Kernels = 6;
    private const int Replays = 200;

    private readonly CudaDevice _device;
    private readonly CudaStream _stream;
    private readonly List<IDisposable> _owned = [];
    private readonly int _tokens;
    private readonly TensorView _hidden;
    private readonly TensorView _gate;
    private readonly TensorView _logits;
    private readonly TensorView _ids;
    private readonly TensorView _weights;
    private readonly TensorView _sorted;
    private readonly TensorView _blocks;
    private readonly TensorView _padded;
    private readonly TensorView _positions;
    private readonly TensorView _permuted;
    private readonly TensorView _gateUp;
    private readonly TensorView _activated;
    private readonly TensorView _output;

    public SmallChain(CudaDevice device, int tokens)
    {
        (_device, _tokens, _stream) = (device, tokens, device.CreateStream());
        var capacity = Alignment(false).Capacity(tokens * TopK, Experts, Block);
        _hidden = Random(DType.BFloat16, tokens, Hidden);
        _gate = Random(DType.BFloat16, Experts, Hidden);
        _logits = Tensor(DType.Float32, tokens, Experts);
        _ids = Tensor(DType.Int32, tokens, TopK);
        _weights = Tensor(DType.Float32, tokens, TopK);
        _sorted = Tensor(DType.Int32, capacity);
        _blocks = Tensor(DType.Int32, capacity / Block);
        _padded = Tensor(DType.Int32, 1);
        _positions = Tensor(DType.Int32, tokens, TopK);
        _permuted = Tensor(DType.BFloat16, capacity, Hidden);
        _gateUp = Random(DType.BFloat16, tokens * TopK, 2 * Intermediate);
        _activated = Tensor(DType.BFloat16, tokens * TopK, Intermediate);
        _output = Tensor(DType.BFloat16, tokens, Hidden);
    }

    public ChainFigure Measure() => new(_tokens, Kernels, Measure(false), Measure(true));

    public void Dispose()
    {
        _owned.ForEach(o => o.Dispose());
        _stream.Dispose();
    }

    private static CudaLauncher Launcher(bool isProgrammatic) =>
        new(Options.Create(new PrepareFinalizeOptions { ProgrammaticLaunch = isProgrammatic }));

    private static CudaExpertAlignment Alignment(bool isProgrammatic) => new(Launcher(isProgrammatic));

    private double Measure(bool isProgrammatic)
    {
        var launcher = Launcher(isProgrammatic);
        var layer = new MoeLayerSpec(
            new MoeShape(Experts, TopK, Hidden, Intermediate),
            RoutingSpec.For(RoutingMethod.RenormalizeNaive),
            ActivationSpec.Silu);
        var context = new StageContext(layer, new DeploymentSpec { Device = _device.Traits }, _device, Experts, null);
        using var router = new CudaTopKRouterDescriptor(launcher).Create(context);
        using var graph = _stream.Capture(s => Enqueue(launcher, router, s));
        using var start = new CudaEvent(_device, canTime: true);
        using var end = new CudaEvent(_device, canTime: true);
        var times = new double[Replays];
        for (var i = 0; i < Replays; i++)
        {
            _stream.Record(start);
            graph.Launch(_stream);
            _stream.Record(end);
            times[i] = end.MicrosecondsSince(start);
        }

        Array.Sort(times);
        return Median.Of(times);
    }

    private void Enqueue(CudaLauncher launcher, IRouter router, IComputeStream stream)
    {
        new CudaLayerOps(launcher, new CudaElementwise(launcher)).ProjectLogits(
            _hidden, _gate, TensorView.None, _logits, stream);
        router.Route(new RouteCall { Logits = _logits, TopKIds = _ids, TopKWeights = _weights }, stream);
        new CudaExpertAlignment(launcher).Align(
            new ExpertAlignmentCall
            {
                TopKIds = _ids,
                GlobalExperts = Experts,
                LocalExperts = Experts,
                BlockSize = Block,
                SortedPairs = _sorted,
                BlockExperts = _blocks,
                PaddedRows = _padded,
                Positions = _positions,
            },
            stream);
        var permutation = new CudaTokenPermutation(launcher, new CudaReduction(launcher));
        permutation.Permute(
            new PermuteCall { Input = _hidden, TopK = TopK, SortedPairs = _sorted, PaddedRows = _padded, Output = _permuted },
            stream);
        new CudaActivationOps(launcher).Activate(
            new ActivationCall { Activation = ActivationSpec.Silu, Input = _gateUp, Output = _activated }, stream);
        permutation.Unpermute(
            new UnpermuteCall { Permuted = _permuted, Positions = _positions, TopKWeights = _weights, Output = _output },
            stream);
    }

    private TensorView Tensor(DType dtype, params long[] shape)
    {
        var sizes = new TensorShape(shape);
        var memory = _device.Allocate(dtype.BytesFor(sizes.Elements), "chain benchmark");
        _owned.Add(memory);
        return TensorView.Contiguous(memory.Pointer, dtype, sizes, memory.Device);
    }

    // bf16 bits of values between -2 and 2: never zeros, which would make the device look faster than it is.
    private TensorView Random(DType dtype, params long[] shape)
    {
        var view = Tensor(dtype, shape);
        var random = new Random(1);
        var bits = new ushort[view.Elements];
        for (var i = 0; i < bits.Length; i++)
        {
            bits[i] = (ushort)(BitConverter.SingleToUInt32Bits((4f * random.NextSingle()) - 2f) >> 16);
        }

        _stream.CopyToDevice(MemoryMarshal.AsBytes<ushort>(bits), view.Pointer);
        _stream.Synchronize();
        return view;
    }
}
