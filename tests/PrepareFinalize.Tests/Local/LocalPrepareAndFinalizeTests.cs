using FusedMoe.Cpu;
using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests.Local;

public sealed class LocalPrepareAndFinalizeTests
{
    private const int Hidden = 64;

    private static readonly QuantSpec Fp8 = new(QuantKeys.Fp8StaticChannel, QuantKeys.Fp8DynamicToken);
    private static readonly QuantSpec Fp8Tensor = new(QuantKeys.Fp8StaticTensor, QuantKeys.Fp8DynamicTensor);

    [TestCase(false)]
    [TestCase(true)]
    public void Prepare_NothingToDo_HandsOverTheSameMemoryWithoutScratch(bool deferred)
    {
        using var hidden = HostTensor.Random(DType.BFloat16, 3, Hidden, 1);
        using var fixture = new Fixture(deferred ? Fp8 : QuantSpec.None, topK: 2, onInput: false);
        using var scratch = new HostTensor(DType.UInt8, new TensorShape(deferred ? 4096 : 0));

        var prepared = fixture.Prepare(hidden.View, scratch.View, deferred: deferred);

        Assert.That(deferred || fixture.Stage.ScratchBytes(3) == 0);
        Assert.That(prepared.Activations, Is.EqualTo(hidden.View));
        Assert.That(prepared.Scales.IsNone && prepared.TopKIds.IsNone && prepared.TopKWeights.IsNone);
        Assert.That(prepared.ExpertTokens.IsNone);
    }

    [Test]
    public void Prepare_WeightOnInputAndQuantized_WeighsBeforeQuantizing()
    {
        var values = new float[2, Hidden];
        (values[0, 0], values[0, 5], values[1, 1]) = (4f, -2f, 8f);
        using var hidden = HostTensor.Of(DType.BFloat16, values);
        var before = hidden.ToArray<byte>();
        using var fixture = new Fixture(Fp8, topK: 1, onInput: true);
        using var scratch = new HostTensor(DType.UInt8, new TensorShape(fixture.Stage.ScratchBytes(2)));

        var prepared = fixture.Prepare(hidden.View, scratch.View, 0.5f, 0.25f);

        // Weighted amax: 2 in both rows, so scales are 2/448 and the largest elements 448.
        Assert.That(prepared.Scales.AsSpan<float>().ToArray(), Is.EqualTo(new[] { 2f / 448f, 2f / 448f }));
        var elements = Floats(prepared.Activations);
        Assert.That((elements[0], elements[5], elements[Hidden + 1]), Is.EqualTo((448f, -224f, 448f)));
        Assert.That(hidden.ToArray<byte>(), Is.EqualTo(before));
    }

    [Test]
    public void Prepare_ValidTokens_KeepsLaterRowsOutOfTheTensorScale()
    {
        using var hidden = HostTensor.Random(DType.Float32, 3, Hidden, 1);
        hidden.View.AsSpan<float>()[(2 * Hidden)..].Fill(1e30f);
        using var valid = HostTensor.Of(DType.Int32, new TensorShape(1), 2);
        using var fixture = new Fixture(Fp8Tensor, topK: 2, onInput: false, DType.Float32);
        using var scratch = new HostTensor(DType.UInt8, new TensorShape(fixture.Stage.ScratchBytes(3)));

        var prepared = fixture.Prepare(hidden.View, scratch.View, valid: valid.View);

        var amax = hidden.ToFloats()[..(2 * Hidden)].Max(MathF.Abs);
        Assert.That(prepared.Scales.AsSpan<float>()[0], Is.EqualTo(amax / 448f));
        Assert.That(prepared.Activations.Shape, Is.EqualTo(new TensorShape(3, Hidden)));
    }

    [Test]
    public void Prepare_NoTokens_GivesNoRows()
    {
        using var hidden = new HostTensor(DType.BFloat16, new TensorShape(0, Hidden));
        using var fixture = new Fixture(Fp8, topK: 1, onInput: true);
        using var scratch = new HostTensor(DType.UInt8, new TensorShape(fixture.Stage.ScratchBytes(0)));

        var prepared = fixture.Prepare(hidden.View, scratch.View);

        Assert.That(prepared.Activations.Shape, Is.EqualTo(new TensorShape(0, Hidden)));
        Assert.That(prepared.Scales.Shape, Is.EqualTo(new TensorShape(0, 1)));
    }

    [Test]
    public void Prepare_TooLittleScratch_SaysHowMuch()
    {
        using var hidden = new HostTensor(DType.BFloat16, new TensorShape(2, Hidden), poison: 0);
        using var fixture = new Fixture(Fp8, topK: 2, onInput: false);
        using var scratch = new HostTensor(DType.UInt8, new TensorShape(64));

        Assert.That(
            () => fixture.Prepare(hidden.View, scratch.View),
            Throws.ArgumentException.With.Message.StartsWith(
                "scratch must have 192 bytes for 2 tokens, got uint8 [64]"));
    }

    [Test]
    public void Prepare_OtherWidth_NamesBoth()
    {
        using var hidden = new HostTensor(DType.BFloat16, new TensorShape(2, 32));
        using var fixture = new Fixture(QuantSpec.None, topK: 2, onInput: false);

        Assert.That(
            () => fixture.Prepare(hidden.View, default),
            Throws.ArgumentException.With.Message.StartsWith(
                "hidden states must be contiguous bf16 [M, 64], got bf16 [2, 32] on cpu."));
    }

    [TestCase(WeightAndReduceKind.Contiguous)]
    [TestCase(WeightAndReduceKind.Delegate)]
    public void Finalize_UnreducedRows_WeighsAndSums(WeightAndReduceKind kind)
    {
        using var experts = HostTensor.Of(DType.Float32, new TensorShape(1, 2, 2), [1f, 2f, 10f, 20f]);
        using var ids = HostTensor.Of(DType.Int32, new TensorShape(1, 2), 3, 1);
        using var weights = HostTensor.Of(DType.Float32, new TensorShape(1, 2), 2f, 0.5f);
        using var output = new HostTensor(DType.Float32, new TensorShape(1, 2));
        using var fixture = new Fixture(QuantSpec.None, topK: 2, onInput: false);

        fixture.Stage.Finalize(
            new FinalizeCall
            {
                Output = output.View,
                ExpertOutput = experts.View,
                TopKIds = ids.View,
                TopKWeights = weights.View,
                GlobalExperts = 8,
                WeightAndReduce = new WeightAndReduceSpec(kind),
                Scratch = default,
            },
            fixture.Stream);

        Assert.That(output.ToFloats(), Is.EqualTo(new[] { 7f, 14f }));
    }

    [Test]
    public void BeginPrepareAndBeginFinalize_Local_AreNotOffered()
    {
        using var fixture = new Fixture(QuantSpec.None, topK: 2, onInput: false);

        Assert.That(fixture.Stage.SupportsAsync, Is.False);
        Assert.That(() => fixture.Stage.BeginPrepare(default, fixture.Stream), Throws.TypeOf<NotSupportedException>());
        Assert.That(() => fixture.Stage.BeginFinalize(default, fixture.Stream), Throws.TypeOf<NotSupportedException>());
    }

    [Test]
    public void Facts_Local_AreThoseOfOneRank()
    {
        using var fixture = new Fixture(QuantSpec.None, topK: 2, onInput: false);

        Assert.That(fixture.Stage.DispatcherCount, Is.EqualTo(1));
        Assert.That(fixture.Stage.MaxDispatchedTokens(17), Is.EqualTo(17));
        Assert.That(fixture.Stage.MaxTokensPerRank, Is.Null);
        Assert.That(fixture.Stage.TopKIndicesDType, Is.Null);
        Assert.That(fixture.Stage.OutputIsReduced, Is.False);
        Assert.That(fixture.Stage.SupportsDeferredFinalize, Is.True);
    }

    [Test]
    [Retry(3)] // The runtime itself may allocate once on a thread; what a call allocates fails every time.
    public void Prepare_SecondCall_AllocatesNothing()
    {
        using var hidden = HostTensor.Random(DType.BFloat16, 5, Hidden, 1);
        using var ids = new HostTensor(DType.Int32, new TensorShape(5, 1));
        using var weights = HostTensor.Of(DType.Float32, new TensorShape(5, 1), [1f, 2f, 3f, 4f, 5f]);
        using var fixture = new Fixture(Fp8, topK: 1, onInput: true);
        using var scratch = new HostTensor(DType.UInt8, new TensorShape(fixture.Stage.ScratchBytes(5)));
        var call = fixture.Call(hidden.View, ids.View, weights.View, scratch.View);
        fixture.Stage.Prepare(call, fixture.Stream);

        var before = GC.GetAllocatedBytesForCurrentThread();
        fixture.Stage.Prepare(call, fixture.Stream);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Prepare_Monolithic_QuantizesAndPassesLogitsThrough()
    {
        using var hidden = HostTensor.Random(DType.BFloat16, 3, Hidden, 1);
        using var logits = HostTensor.Random(DType.Float32, 3, 8, 2);
        using var output = new HostTensor(DType.BFloat16, new TensorShape(3, Hidden));
        var context = Layers.Context(features: new MoeLayerFeatures { Quant = Fp8 });
        using var stream = context.Device.CreateStream();
        using var stage = new LocalMonolithicDescriptor().CreateMonolithic(context);
        using var scratch = new HostTensor(DType.UInt8, new TensorShape(stage.ScratchBytes(3)));

        var prepared = stage.Prepare(
            new MonolithicPrepareCall
            {
                HiddenStates = hidden.View,
                RouterLogits = logits.View,
                Quant = Fp8.Activation,
                Scratch = scratch.View,
            },
            stream);
        stage.Finalize(output.View, hidden.View, TensorView.None, stream);

        Assert.That(prepared.RouterLogits, Is.EqualTo(logits.View));
        Assert.That(prepared.Activations.DType, Is.EqualTo(DType.Float8E4M3));
        Assert.That(prepared.Scales.Shape, Is.EqualTo(new TensorShape(3, 1)));
        Assert.That(output.ToArray<byte>(), Is.EqualTo(hidden.ToArray<byte>()));
    }

    [Test]
    public void Finalize_MonolithicWithValidTokens_LeavesTheRowsBeyond()
    {
        using var rows = HostTensor.Random(DType.Float32, 3, Hidden, 1);
        using var valid = HostTensor.Of(DType.Int32, new TensorShape(1), 2);
        using var output = HostTensor.Of(DType.Float32, new TensorShape(3, Hidden), Enumerable.Repeat(7f, 3 * Hidden));
        var context = Layers.Context();
        using var stream = context.Device.CreateStream();
        using var stage = new LocalMonolithicDescriptor().CreateMonolithic(context);

        stage.Finalize(output.View, rows.View, valid.View, stream);

        var expected = rows.ToArray<float>().Take(2 * Hidden).Concat(Enumerable.Repeat(7f, Hidden));
        Assert.That(output.ToArray<float>(), Is.EqualTo(expected));
    }

    private static float[] Floats(TensorView view)
    {
        var values = new float[view.Elements];
        NumberFormats.ToSingle(view.Pointer, view.DType, 0, values);
        return values;
    }

    /// <summary>A stage and its stream.</summary>
    private sealed class Fixture : IDisposable
    {
        private readonly StageContext _context;

        public Fixture(QuantSpec quant, int topK, bool onInput, DType dtype = DType.BFloat16)
        {
            var features = new MoeLayerFeatures
            {
                Quant = quant,
                RouterWeightOnInput = onInput,
                ActivationDType = dtype,
            };
            _context = Layers.Context(topK: topK, hidden: Hidden, features: features);
            Stage = new LocalDescriptor().Create(_context);
            Stream = _context.Device.CreateStream();
        }

        public IPrepareAndFinalize Stage { get; }

        public IComputeStream Stream { get; }

        public PrepareCall Call(
            TensorView hidden, TensorView ids, TensorView weights, TensorView scratch) => new()
            {
                HiddenStates = hidden,
                TopKIds = ids,
                TopKWeights = weights,
                GlobalExperts = 8,
                Quant = _context.Layer.Quant.Activation,
                RouterWeightOnInput = _context.Layer.Features.RouterWeightOnInput,
                Scratch = scratch,
            };

        public PreparedInputs Prepare(
            TensorView hidden, TensorView scratch, params float[] weights) =>
            Prepare(hidden, scratch, default, false, weights);

        public PreparedInputs Prepare(
            TensorView hidden,
            TensorView scratch,
            TensorView valid = default,
            bool deferred = false,
            float[]? weights = null)
        {
            var shape = new TensorShape(hidden.Shape[0], _context.Layer.Shape.TopK);
            using var ids = new HostTensor(DType.Int32, shape, poison: 0);
            using var given = HostTensor.Of(DType.Float32, shape, weights ?? []);
            return Stage.Prepare(
                Call(hidden, ids.View, given.View, scratch) with { ValidTokens = valid, DeferQuantization = deferred },
                Stream);
        }

        public void Dispose()
        {
            Stream.Dispose();
            Stage.Dispose();
        }
    }
}
