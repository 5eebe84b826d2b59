using FusedMoe.Cpu;
using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests.Reduce;

public sealed class WeightAndReduceTests
{
    [Test]
    public void Apply_Contiguous_SkipsForeignSlotsWhateverTheyHold()
    {
        // Experts 0 and 2 are local. Token 0: slots (2, 1); token 1: (-1, 7); token 2: (0, 2).
        using var experts = HostTensor.Of(
            DType.Float32, new TensorShape(3, 2, 2),
            [1f, 2f, float.NaN, float.NaN, float.NaN, 9f, float.NaN, 9f, 3f, 4f, 5f, 6f]);
        using var ids = HostTensor.Of(DType.Int32, new TensorShape(3, 2), 2, 1, -1, 7, 0, 2);
        using var weights = HostTensor.Of(DType.Float32, new TensorShape(3, 2), 0.5f, 9f, 9f, 9f, 2f, 10f);
        using var map = HostTensor.Of(DType.Int32, new TensorShape(4), 0, -1, 1, -1);
        using var output = new HostTensor(DType.BFloat16, new TensorShape(3, 2));

        Apply(WeightAndReduceSpec.Contiguous, new WeightAndReduceCall
        {
            Output = output.View,
            ExpertOutput = experts.View,
            TopKIds = ids.View,
            TopKWeights = weights.View,
            ExpertMap = map.View,
            GlobalExperts = 4,
        });

        Assert.That(output.ToFloats(), Is.EqualTo(new[] { 0.5f, 1f, 0f, 0f, 56f, 68f }));
    }

    [Test]
    public void Apply_ContiguousWeightedOnInput_CountsWeightsAsOne()
    {
        using var experts = HostTensor.Of(DType.Float16, new float[,] { { 1f, 2f } });
        using var ids = HostTensor.Of(DType.Int32, new TensorShape(1, 1), 0);
        using var weights = HostTensor.Of(DType.Float32, new TensorShape(1, 1), 0.25f);
        using var output = new HostTensor(DType.Float16, new TensorShape(1, 2));

        Apply(WeightAndReduceSpec.Contiguous, new WeightAndReduceCall
        {
            Output = output.View,
            ExpertOutput = experts.View,
            TopKIds = ids.View,
            TopKWeights = weights.View,
            GlobalExperts = 1,
            RouterWeightOnInput = true,
        });

        Assert.That(output.ToFloats(), Is.EqualTo(new[] { 1f, 2f }));
    }

    [Test]
    public void Apply_ContiguousLargeRows_AddsInSlotOrderAndRoundsOnce()
    {
        const int Tokens = 9;
        const int TopK = 5;
        const int Hidden = 2500;
        using var experts = HostTensor.Random(DType.BFloat16, Tokens * TopK, Hidden, 1);
        using var ids = HostTensor.Of(
            DType.Int32, new TensorShape(Tokens, TopK), [.. Enumerable.Range(0, Tokens * TopK).Select(i => i % 8)]);
        using var weights = HostTensor.Random(DType.Float32, Tokens, TopK, 2);
        using var output = new HostTensor(DType.BFloat16, new TensorShape(Tokens, Hidden));

        Apply(WeightAndReduceSpec.Contiguous, new WeightAndReduceCall
        {
            Output = output.View,
            ExpertOutput = experts.View,
            TopKIds = ids.View,
            TopKWeights = weights.View,
            GlobalExperts = 8,
        });

        var (rows, factors, actual) = (experts.ToFloats(), weights.ToFloats(), output.ToFloats());
        var expected = new float[Tokens * Hidden];
        for (var i = 0; i < expected.Length; i++)
        {
            var sum = 0f;
            for (var slot = 0; slot < TopK; slot++)
            {
                var pair = (i / Hidden * TopK) + slot;
                sum += factors[pair] * rows[(pair * Hidden) + (i % Hidden)];
            }

            expected[i] = NumberFormats.BFloat16ToSingle(NumberFormats.SingleToBFloat16(sum));
        }

        Assert.That(actual.AsSpan().SequenceEqual(expected), Is.True);
    }

    [TestCase(WeightAndReduceKind.NoOp)]
    [TestCase(WeightAndReduceKind.Contiguous)]
    [TestCase(WeightAndReduceKind.Batched)]
    public void Apply_ValidTokens_LeavesLaterRowsUntouched(WeightAndReduceKind kind)
    {
        var shape = kind == WeightAndReduceKind.Batched ? new TensorShape(1, 2, 1) : new TensorShape(2, 1);
        using var experts = HostTensor.Of(DType.Float32, shape, [3f, 5f]);
        using var ids = HostTensor.Of(DType.Int32, new TensorShape(2, 1), 0, 0);
        using var weights = HostTensor.Of(DType.Float32, new TensorShape(2, 1), 1f, 1f);
        using var valid = HostTensor.Of(DType.Int32, new TensorShape(1), 1);
        using var output = new HostTensor(DType.Float32, new TensorShape(2, 1), poison: 0);

        Apply(new WeightAndReduceSpec(kind), new WeightAndReduceCall
        {
            Output = output.View,
            ExpertOutput = experts.View,
            TopKIds = ids.View,
            TopKWeights = weights.View,
            GlobalExperts = 1,
            ValidTokens = valid.View,
        });

        Assert.That(output.ToFloats(), Is.EqualTo(new[] { 3f, 0f }));
    }

    [Test]
    public void Apply_Batched_FindsEachPairBehindTheEarlierOnes()
    {
        // Rank 1 of experts 2 and 3, three rows each. Expert 2: tokens 0 and 2; expert 3: tokens 0 and 1.
        using var experts = HostTensor.Of(
            DType.Float32, new TensorShape(2, 3, 1), [1f, 10f, float.NaN, 100f, 1000f, float.NaN]);
        using var ids = HostTensor.Of(DType.Int32, new TensorShape(3, 2), 2, 3, 3, 0, -1, 2);
        using var weights = HostTensor.Of(DType.Float32, new TensorShape(3, 2), 1f, 2f, 3f, 9f, 9f, 4f);
        using var output = new HostTensor(DType.Float32, new TensorShape(3, 1));

        Apply(WeightAndReduceSpec.Batched(1), new WeightAndReduceCall
        {
            Output = output.View,
            ExpertOutput = experts.View,
            TopKIds = ids.View,
            TopKWeights = weights.View,
            GlobalExperts = 4,
        });

        Assert.That(output.ToFloats(), Is.EqualTo(new[] { 201f, 3000f, 40f }));
    }

    [Test]
    public void Apply_BatchedOverflow_NamesExpertAndCapacity()
    {
        using var experts = new HostTensor(DType.Float32, new TensorShape(1, 1, 1));
        using var ids = HostTensor.Of(DType.Int32, new TensorShape(2, 1), 0, 0);
        using var weights = new HostTensor(DType.Float32, new TensorShape(2, 1));
        using var output = new HostTensor(DType.Float32, new TensorShape(2, 1));
        var call = new WeightAndReduceCall
        {
            Output = output.View,
            ExpertOutput = experts.View,
            TopKIds = ids.View,
            TopKWeights = weights.View,
            GlobalExperts = 1,
        };

        Assert.That(
            () => Apply(WeightAndReduceSpec.Batched(0), call),
            Throws.ArgumentException.With.Message.EqualTo(
                "a batched expert must get at most 1 rows, got more for local expert 0."));
    }

    [Test]
    public void Apply_NoOpToAnotherType_RoundsAndOnItselfDoesNothing()
    {
        using var experts = HostTensor.Of(DType.Float32, new float[,] { { 1.00390625f, 3f } });
        using var output = new HostTensor(DType.BFloat16, new TensorShape(1, 2));
        var call = new WeightAndReduceCall
        {
            Output = output.View,
            ExpertOutput = experts.View,
            TopKIds = default,
            TopKWeights = default,
            GlobalExperts = 1,
        };

        Apply(WeightAndReduceSpec.NoOp, call);
        Assert.That(output.ToFloats(), Is.EqualTo(new[] { 1f, 3f }));
        Assert.That(() => Apply(WeightAndReduceSpec.NoOp, call with { ExpertOutput = output.View }), Throws.Nothing);
    }

    [Test]
    public void Apply_Delegate_IsRefused()
    {
        Assert.That(() => Apply(WeightAndReduceSpec.Delegate, default), Throws.InvalidOperationException);
    }

    [TestCase(WeightAndReduceKind.Contiguous)]
    [TestCase(WeightAndReduceKind.Batched)]
    public void Apply_NoTokens_DoesNothing(WeightAndReduceKind kind)
    {
        var shape = kind == WeightAndReduceKind.Batched ? new TensorShape(2, 4, 8) : new TensorShape(0, 2, 8);
        using var experts = new HostTensor(DType.Float32, shape);
        using var ids = new HostTensor(DType.Int32, new TensorShape(0, 2));
        using var weights = new HostTensor(DType.Float32, new TensorShape(0, 2));
        using var output = new HostTensor(DType.Float32, new TensorShape(0, 8));
        var call = new WeightAndReduceCall
        {
            Output = output.View,
            ExpertOutput = experts.View,
            TopKIds = ids.View,
            TopKWeights = weights.View,
            GlobalExperts = 2,
        };

        Assert.That(() => Apply(new WeightAndReduceSpec(kind), call), Throws.Nothing);
    }

    private static void Apply(WeightAndReduceSpec spec, WeightAndReduceCall call)
    {
        using var device = new CpuDevice();
        using var stream = device.CreateStream();
        new CpuWeightAndReduceProvider().Create(spec, device).Apply(call, stream);
    }
}
