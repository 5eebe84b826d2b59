using FusedMoe.Cpu;
using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests.Layer;

public sealed class CpuLayerOpsTests
{
    private static readonly DType[] Types = [DType.Float32, DType.BFloat16, DType.Float16];
    private static readonly float[] WeightsOfEachRow = [0.25f, 0.5f, 1f, 0.25f, 0.5f, 1f, 0.25f, 0.5f, 1f];

    [Test]
    public void ProjectLogits_ByHand_AddsTheBias()
    {
        using var hidden = HostTensor.Of(DType.Float32, new float[,] { { 1f, 2f, 3f }, { 0f, 1f, 0f } });
        using var weight = HostTensor.Of(DType.BFloat16, new float[,] { { 1f, 0f, 2f }, { -1f, 4f, 0.5f } });
        using var bias = HostTensor.Of(DType.BFloat16, new TensorShape(2), [0.5f, -1f]);
        using var logits = new HostTensor(DType.Float32, new TensorShape(2, 2));

        Project(hidden.View, weight.View, bias.View, logits.View);

        Assert.That(logits.ToFloats(), Is.EqualTo(new[] { 7.5f, 7.5f, 0.5f, 3f }));
    }

    [Test]
    public void ProjectLogits_EveryTypeAndRaggedSizes_IsCloseToTheExactSum(
        [ValueSource(nameof(Types))] DType weightType,
        [Values(1, 5, 8, 21)] int tokens,
        [Values(16, 131, 256)] int columns)
    {
        const int Experts = 37;
        using var hidden = HostTensor.Random(DType.BFloat16, tokens, columns, 1);
        using var weight = HostTensor.Random(weightType, Experts, columns, 2);
        using var logits = new HostTensor(DType.Float32, new TensorShape(tokens, Experts));

        Project(hidden.View, weight.View, default, logits.View);

        var (x, w, actual) = (hidden.ToFloats(), weight.ToFloats(), logits.ToFloats());
        for (var i = 0; i < actual.Length; i++)
        {
            var (m, e) = (i / Experts, i % Experts);
            var terms = Enumerable.Range(0, columns).Select(k => (double)x[(m * columns) + k] * w[(e * columns) + k]);
            Assert.That(actual[i], Is.EqualTo(terms.Sum()).Within(1e-6 * terms.Sum(Math.Abs)), $"logit {m}, {e}");
        }
    }

    [Test]
    public void ProjectLogits_RowAloneOrInABatch_HasTheSameBitsOnAnyThreadCount()
    {
        const int Experts = 70;
        using var hidden = HostTensor.Random(DType.BFloat16, 19, 200, 1);
        using var weight = HostTensor.Random(DType.BFloat16, Experts, 200, 2);
        using var logits = new HostTensor(DType.Float32, new TensorShape(19, Experts));
        using var alone = new HostTensor(DType.Float32, new TensorShape(1, Experts));

        Project(hidden.View, weight.View, default, logits.View, workers: 3);

        var batch = logits.ToFloats();
        for (var m = 0; m < 19; m++)
        {
            Project(hidden.View.Slice(0, m, 1), weight.View, default, alone.View, workers: 1);
            Assert.That(alone.ToFloats(), Is.EqualTo(batch[(m * Experts)..((m + 1) * Experts)]), $"token {m}");
        }
    }

    [Test]
    [Retry(3)] // The runtime itself may allocate once on a thread; what a call allocates fails every time.
    public void ProjectLogits_SecondCall_AllocatesNothing()
    {
        using var hidden = HostTensor.Random(DType.BFloat16, 3, 64, 1);
        using var weight = HostTensor.Random(DType.BFloat16, 8, 64, 2);
        using var logits = new HostTensor(DType.Float32, new TensorShape(3, 8));
        using var device = new CpuDevice();
        using var stream = device.CreateStream();
        var ops = new CpuLayerOps();
        ops.ProjectLogits(hidden.View, weight.View, default, logits.View, stream);

        var before = GC.GetAllocatedBytesForCurrentThread();
        ops.ProjectLogits(hidden.View, weight.View, default, logits.View, stream);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void ProjectLogits_WrongWidth_NamesBothShapes()
    {
        using var hidden = new HostTensor(DType.Float32, new TensorShape(1, 4));
        using var weight = new HostTensor(DType.Float32, new TensorShape(2, 5));
        using var logits = new HostTensor(DType.Float32, new TensorShape(1, 2));

        Assert.That(
            () => Project(hidden.View, weight.View, default, logits.View),
            Throws.ArgumentException.With.Message.StartsWith("gate must be [G, 4], got float32 [2, 5] on cpu."));
    }

    [Test]
    public void Accumulate_BFloat16_AddsInFloat32AndRoundsOnce()
    {
        // 1 + 2^-8 is a tie of bf16 that goes down to 1; 3 + 2^-7 one that goes down to 3.
        using var target = HostTensor.Of(DType.BFloat16, new float[,] { { 1f, 3.015625f, -2f } });
        using var addend = HostTensor.Of(DType.BFloat16, new float[,] { { 0.00390625f, -0.0078125f, 2f } });
        using var device = new CpuDevice();
        using var stream = device.CreateStream();

        new CpuLayerOps().Accumulate(target.View, addend.View, TensorView.None, stream);

        Assert.That(target.ToFloats(), Is.EqualTo(new[] { 1f, 3f, 0f }));
    }

    [TestCase(-1, new[] { 1f, 2f, 3f })]
    [TestCase(2, new[] { 11f, 22f, 3f })]
    [TestCase(9, new[] { 11f, 22f, 33f })]
    public void Accumulate_LiveRows_LeavesTheOthers(int live, float[] expected)
    {
        using var target = HostTensor.Of(DType.Float32, new float[,] { { 1f }, { 2f }, { 3f } });
        using var addend = HostTensor.Of(DType.Float32, new float[,] { { 10f }, { 20f }, { 30f } });
        using var count = HostTensor.Of(DType.Int32, new TensorShape(1), live);
        using var device = new CpuDevice();
        using var stream = device.CreateStream();

        new CpuLayerOps().Accumulate(target.View, addend.View, count.View, stream);

        Assert.That(target.ToFloats(), Is.EqualTo(expected));
    }

    [TestCase(DType.Int32)]
    [TestCase(DType.Int64)]
    public void AddIdentity_ByHand_AddsTheInputTimesTheWeightsOfItsIds(DType ids)
    {
        using var target = HostTensor.Of(DType.BFloat16, new float[,] { { 1f, 2f }, { 1f, float.NaN }, { 0f, -4f } });
        using var hidden = HostTensor.Of(DType.BFloat16, new float[,] { { 8f, 4f }, { 16f, 16f }, { 2f, 1f } });

        // Identity experts are 5 and 6: 4 and 7 are not, nor is what stands for no expert.
        AddIdentity(target.View, hidden.View, ids, [5, 6, 0, 4, 7, -1, 6, 2, 6], null);

        // Row 0: 0.25 + 0.5; row 2: 0.25 + 1.
        Assert.That(target.ToFloats(), Is.EqualTo(new[] { 7f, 5f, 1f, float.NaN, 2.5f, -2.75f }));
    }

    [TestCase(-1, new[] { 1f, 2f, 3f })]
    [TestCase(2, new[] { 8f, 9f, 3f })]
    [TestCase(9, new[] { 8f, 9f, 10f })]
    public void AddIdentity_LiveRows_LeavesTheOthers(int live, float[] expected)
    {
        using var target = HostTensor.Of(DType.Float32, new float[,] { { 1f }, { 2f }, { 3f } });
        using var hidden = HostTensor.Of(DType.Float32, new float[,] { { 4f }, { 4f }, { 4f } });

        AddIdentity(target.View, hidden.View, DType.Int32, [5, 6, 5, 5, 6, 5, 5, 6, 5], live);

        Assert.That(target.ToFloats(), Is.EqualTo(expected));
    }

    private static void AddIdentity(TensorView target, TensorView hidden, DType type, int[] ids, int? live)
    {
        using var chosen = type == DType.Int64
            ? HostTensor.Of(type, new TensorShape(3, 3), [.. ids.Select(i => (long)i)])
            : HostTensor.Of(type, new TensorShape(3, 3), ids);
        using var weights = HostTensor.Of(DType.Float32, new TensorShape(3, 3), WeightsOfEachRow);
        using var count = HostTensor.Of(DType.Int32, new TensorShape(1), live ?? 0);
        using var device = new CpuDevice();
        using var stream = device.CreateStream();
        var call = new IdentityCall
        {
            Target = target,
            HiddenStates = hidden,
            TopKIds = chosen.View,
            TopKWeights = weights.View,
            First = 5,
            Count = 2,
            ValidTokens = live is null ? TensorView.None : count.View,
        };
        new CpuLayerOps().AddIdentity(call, stream);
    }

    private static void Project(
        TensorView hidden, TensorView weight, TensorView bias, TensorView logits, int workers = 2)
    {
        using var pool = new WorkerPool(workers);
        using var device = new CpuDevice(pool);
        using var stream = device.CreateStream();
        new CpuLayerOps().ProjectLogits(hidden, weight, bias, logits, stream);
    }
}
