using FusedMoe.Cpu;
using FusedMoe.PrepareFinalize.Tests.Support;
using Microsoft.Extensions.Options;

namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>
/// Services of both kinds of device refuse the same arguments in the same words, before they touch a stream: a GPU's gets none.
/// </summary>
[TestFixture(DeviceKind.Cpu)]
[TestFixture(DeviceKind.Cuda)]
public sealed class ServiceArgumentTests(DeviceKind kind)
{
    private const int Bytes = 4096;
    private readonly DeviceId _device = new(kind, 0);
    private readonly DeviceId _other = kind == DeviceKind.Cpu ? DeviceId.Cuda(0) : DeviceId.Cpu;
    private CpuDevice _cpu = null!;
    private IComputeStream _stream = null!;
    private HostTensor _memory = null!;
    private ILayerOps _ops = null!;
    private IActivationQuantizer _quantizer = null!;

    [OneTimeSetUp]
    public void Open()
    {
        _memory = new HostTensor(DType.UInt8, new TensorShape(Bytes));
        _cpu = new CpuDevice();
        var launcher = new CudaLauncher(Options.Create(new PrepareFinalizeOptions()));
        var isCpu = kind == DeviceKind.Cpu;
        _ops = isCpu ? new CpuLayerOps() : new CudaLayerOps(launcher, new CudaElementwise(launcher));
        _quantizer = isCpu ? new CpuActivationQuantizer() : new CudaActivationQuantizer(launcher);
        _stream = isCpu ? _cpu.CreateStream() : null!;
    }

    [OneTimeTearDown]
    public void Close()
    {
        _stream?.Dispose();
        _cpu.Dispose();
        _memory.Dispose();
    }

    [Test]
    public void ProjectLogits_WrongTensors_NamesEachWithWhatItMustBe()
    {
        var (hidden, gate) = (View(DType.BFloat16, 4, 32), View(DType.BFloat16, 8, 32));
        var (bias, logits) = (View(DType.Float32, 8), View(DType.Float32, 4, 8));

        Refuses("hidden states must be [M, K], got none.", TensorView.None, gate, bias, logits);
        Refuses("hidden states must be [M, K], got bf16 [4]", View(DType.BFloat16, 4), gate, bias, logits);
        Refuses("hidden states must be float32, bf16 or fp16, got int8", View(DType.Int8, 4, 32), gate, bias, logits);
        Refuses("gate must be [G, 32], got none.", hidden, TensorView.None, bias, logits);
        Refuses("gate must be [G, 32], got bf16 [8, 31]", hidden, View(DType.BFloat16, 8, 31), bias, logits);
        Refuses("gate must be float32, bf16 or fp16, got int8", hidden, View(DType.Int8, 8, 32), bias, logits);
        Refuses("gate bias must be float32, bf16 or fp16 [8], got float32 [7]", hidden, gate, View(DType.Float32, 7), logits);
        Refuses("gate bias must be float32, bf16 or fp16 [8], got int8 [8]", hidden, gate, View(DType.Int8, 8), logits);
        Refuses("router logits must be [4, 8], got none.", hidden, gate, bias, TensorView.None);
        Refuses("router logits must be [4, 8], got float32 [4, 7]", hidden, gate, bias, View(DType.Float32, 4, 7));
        Refuses("router logits must be float32, bf16 or fp16, got int32", hidden, gate, bias, View(DType.Int32, 4, 8));
        Refuses("hidden states must be contiguous", Elsewhere(hidden), gate, bias, logits);
        Refuses("hidden states must be contiguous", Strided(hidden), gate, bias, logits);
        Refuses("gate must be contiguous", hidden, Elsewhere(gate), bias, logits);
        Refuses("gate bias must be contiguous", hidden, gate, Elsewhere(bias), logits);
        Refuses("router logits must be contiguous", hidden, gate, bias, Strided(logits));

        void Refuses(string start, TensorView x, TensorView w, TensorView b, TensorView y) =>
            Require(() => _ops.ProjectLogits(x, w, b, y, _stream), start);
    }

    [Test]
    public void Accumulate_WrongTensors_NamesEachWithWhatItMustBe()
    {
        var (target, live) = (View(DType.BFloat16, 4, 32), View(DType.Int32, 1));

        Refuses("target must be [M, K], got none.", TensorView.None, target, live);
        Refuses("target must be [M, K], got bf16 [2, 2, 32]", View(DType.BFloat16, 2, 2, 32), target, live);
        Refuses("target must be float32, bf16 or fp16, got int8", View(DType.Int8, 4, 32), View(DType.Int8, 4, 32), live);
        Refuses("addend must be bf16 [4, 32], got none.", target, TensorView.None, live);
        Refuses("addend must be bf16 [4, 32], got bf16 [4, 31]", target, View(DType.BFloat16, 4, 31), live);
        Refuses("addend must be bf16 [4, 32], got fp16 [4, 32]", target, View(DType.Float16, 4, 32), live);
        Refuses("valid tokens must be int32 [1], got int32 [2]", target, target, View(DType.Int32, 2));
        Refuses("valid tokens must be int32 [1], got int64 [1]", target, target, View(DType.Int64, 1));
        Refuses("valid tokens must be contiguous", target, target, Elsewhere(live));
        Refuses("target must be contiguous", Strided(target), target, live);
        Refuses("addend must be contiguous", target, Elsewhere(target), live);

        void Refuses(string start, TensorView x, TensorView y, TensorView count) =>
            Require(() => _ops.Accumulate(x, y, count, _stream), start);
    }

    [Test]
    public void AddIdentity_WrongTensors_NamesEachWithWhatItMustBe()
    {
        var good = new IdentityCall
        {
            Target = View(DType.BFloat16, 4, 32),
            HiddenStates = View(DType.BFloat16, 4, 32),
            TopKIds = View(DType.Int64, 4, 2),
            TopKWeights = View(DType.Float32, 4, 2),
            First = 8,
            Count = 2,
            ValidTokens = View(DType.Int32, 1),
        };
        var ints = View(DType.Int8, 4, 32);

        Refuses("target must be [M, K], got none.", good with { Target = TensorView.None });
        Refuses("target must be float32, bf16 or fp16, got int8", good with { Target = ints, HiddenStates = ints });
        Refuses("target must be contiguous", good with { Target = Strided(good.Target) });
        Refuses("hidden states must be bf16 [4, 32], got none.", good with { HiddenStates = TensorView.None });
        Refuses(
            "hidden states must be bf16 [4, 32], got fp16 [4, 32]", good with { HiddenStates = View(DType.Float16, 4, 32) });
        Refuses("hidden states must be contiguous", good with { HiddenStates = Elsewhere(good.HiddenStates) });
        Refuses("top-k ids must be int32 or int64 [4, k], got none.", good with { TopKIds = TensorView.None });
        Refuses(
            "top-k ids must be int32 or int64 [4, k], got int32 [3, 2]", good with { TopKIds = View(DType.Int32, 3, 2) });
        Refuses(
            "top-k ids must be int32 or int64 [4, k], got int8 [4, 2]", good with { TopKIds = View(DType.Int8, 4, 2) });
        Refuses("top-k ids must be contiguous", good with { TopKIds = Elsewhere(good.TopKIds) });
        Refuses("top-k weights must be float32 [4, 2], got none.", good with { TopKWeights = TensorView.None });
        Refuses(
            "top-k weights must be float32 [4, 2], got bf16 [4, 2]", good with { TopKWeights = View(DType.BFloat16, 4, 2) });
        Refuses("top-k weights must be contiguous", good with { TopKWeights = Strided(good.TopKWeights) });
        Refuses("valid tokens must be int32 [1], got int32 [2]", good with { ValidTokens = View(DType.Int32, 2) });
        Refuses("valid tokens must be contiguous", good with { ValidTokens = Elsewhere(good.ValidTokens) });

        void Refuses(string start, IdentityCall call) => Require(() => _ops.AddIdentity(call, _stream), start);
    }

    [Test]
    public void Quantize_WrongTensors_NamesEachWithWhatItMustBe()
    {
        var (input, output, scales) = (
            View(DType.BFloat16, 4, 32), View(DType.Float8E4M3, 4, 32), View(DType.Float32, 4, 1));

        Refuses("rows to quantize must be [M, K], got none.", TensorView.None, output, scales);
        Refuses("rows to quantize must be [M, K], got bf16 [2, 2, 32]", View(DType.BFloat16, 2, 2, 32), output, scales);
        Refuses(
            "rows to quantize must be float32, bf16 or fp16, got int8", View(DType.Int8, 4, 32), output, scales);
        Refuses("quantized rows must be fp8-e4m3 [4, 32], got none.", input, TensorView.None, scales);
        Refuses("quantized rows must be fp8-e4m3 [4, 32], got int8 [4, 32]", input, View(DType.Int8, 4, 32), scales);
        Refuses("scales must be float32 [4, 1], got none.", input, output, TensorView.None);
        Refuses("scales must be float32 [4, 1], got float32 [4]", input, output, View(DType.Float32, 4));
        Refuses("scales must be float32 [4, 1], got bf16 [4, 1]", input, output, View(DType.BFloat16, 4, 1));
        Refuses("rows to quantize must be contiguous", Elsewhere(input), output, scales);
        Refuses("rows to quantize must be contiguous", Strided(input), output, scales);
        Refuses("quantized rows must be contiguous", input, Elsewhere(output), scales);
        Refuses("scales must be contiguous", input, output, Elsewhere(scales));

        void Refuses(string start, TensorView x, TensorView y, TensorView s) =>
            Require(() => _quantizer.Quantize(x, QuantKeys.Fp8DynamicToken, TensorView.None, y, s, _stream), start);
    }

    [TestCase("fp8-static-tensor", 1)]
    [TestCase("fp8-static-token", 4)]
    [TestCase("nvfp4-dynamic", 1)]
    public void Quantize_WrongStaticScale_NamesItsSize(string name, int size)
    {
        var key = QuantKeys.Find(name)!;
        var shape = _quantizer.ScaleShape(key, 4, 32);
        var scales = TensorView.Contiguous(_memory.View.Pointer, key.Scale.DType, shape, _device);

        Refuses($"static scale must be float32 [{size}], got none.", TensorView.None);
        Refuses($"static scale must be float32 [{size}], got float32 [{size + 1}]", View(DType.Float32, size + 1));
        Refuses("static scale must be contiguous", Elsewhere(View(DType.Float32, size)));

        void Refuses(string start, TensorView given) => Require(
            () => _quantizer.Quantize(
                View(DType.BFloat16, 4, 32), key, given, View(key.Element, 4, 32), scales, _stream),
            start);
    }

    [Test]
    public void Quantize_OddRowsOfAPackedType_AreRefused()
    {
        var shape = _quantizer.ScaleShape(QuantKeys.Mxfp4Dynamic, 4, 31);
        var scales = TensorView.Contiguous(_memory.View.Pointer, DType.Float8E8M0, shape, _device);

        Require(
            () => _quantizer.Quantize(
                View(DType.BFloat16, 4, 31), QuantKeys.Mxfp4Dynamic, TensorView.None, View(DType.Float4E2M1, 4, 31), scales,
                _stream),
            "packed rows must be an even number of columns, got bf16 [4, 31]");
    }

    [Test]
    public void Quantize_LiveRowsElsewhere_AreRefused()
    {
        var call = new QuantizationCall
        {
            Key = QuantKeys.Fp8DynamicToken,
            Input = View(DType.BFloat16, 4, 32),
            Output = View(DType.Float8E4M3, 4, 32),
            Scales = View(DType.Float32, 4, 1),
            LiveRows = Elsewhere(View(DType.Int32, 1)),
        };

        Require(() => _quantizer.Quantize(call, _stream), "live rows must be contiguous");
    }

    [Test]
    public void Quantize_BlocksThatMayHaveNoLiveRow_AreCheckedAllTheSame()
    {
        var call = new QuantizationCall
        {
            Key = QuantKeys.Fp8DynamicTensor,
            Input = View(DType.Int8, 2, 2, 32),
            Output = View(DType.Float8E4M3, 2, 2, 32),
            Scales = View(DType.Float32, 1, 1),
            LiveRows = View(DType.Int32, 2),
        };
        _memory.View.AsSpan<byte>().Clear();

        Require(
            () => _quantizer.Quantize(call, _stream), "rows to quantize must be float32, bf16 or fp16, got int8 [2, 2, 32]");
        Require(
            () => _quantizer.Quantize(
                call with
                {
                    Key = QuantKeys.Mxfp4Dynamic,
                    Input = View(DType.BFloat16, 2, 2, 31),
                    Output = View(DType.Float4E2M1, 2, 2, 31),
                    Scales = View(DType.Float8E8M0, 4, 1),
                },
                _stream),
            "packed rows must be an even number of columns, got bf16 [2, 2, 31]");
        Assert.That(_memory.ToArray<byte>(), Is.All.Zero, "nothing is written");
    }

    [Test]
    public void Services_WithoutAStream_SayThatTheyNeedOne()
    {
        var target = View(DType.BFloat16, 4, 32);

        Assert.That(
            () => _ops.Accumulate(target, target, TensorView.None, null!),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("stream"));
    }

    private static void Require(Action call, string start) =>
        Assert.That(call, Throws.ArgumentException.With.Message.StartsWith(start));

    private static TensorView Strided(TensorView view) =>
        new(view.Pointer, view.DType, view.Shape, new TensorShape(view.Shape[1] + 8, 1), view.Device);

    private TensorView Elsewhere(TensorView view) => new(view.Pointer, view.DType, view.Shape, view.Strides, _other);

    private TensorView View(DType dtype, params long[] shape) =>
        TensorView.Contiguous(_memory.View.Pointer, dtype, new TensorShape(shape), _device);
}
