using FusedMoe.Cpu;
using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests.Routing;

public sealed class TopKRouterTests
{
    private static IEnumerable<RoutingMethod> Published =>
        Enum.GetValues<RoutingMethod>().Where(m => m is < RoutingMethod.Unspecified or RoutingMethod.DeepSeekV4);

    [Test]
    public void Route_EveryMethod_AgreesWithTheDefinition(
        [ValueSource(nameof(Published))] RoutingMethod method,
        [Values(8, 60, 257)] int experts,
        [Values(DType.Float32, DType.BFloat16, DType.Float16)] DType dtype)
    {
        const int Tokens = 37;
        var topK = method == RoutingMethod.Llama4 ? 1 : 4;
        var routing = RoutingSpec.For(method, scale: 2.5f);
        using var logits = HostTensor.Random(dtype, Tokens, experts, 11);
        using var bias = HostTensor.Of(DType.Float32, new TensorShape(experts), HostTensor.Normals(experts, 12));

        var (ids, weights) = Route(routing, experts, topK, logits.View, bias.View);

        var values = logits.ToFloats().Select(v => (double)v).ToArray();
        var offsets = routing.HasCorrectionBias ? bias.ToFloats().Select(v => (double)v).ToArray() : null;
        for (var m = 0; m < Tokens; m++)
        {
            var expected = ReferenceRouter.Route(routing, values[(m * experts)..((m + 1) * experts)], topK, offsets);
            Assert.That(ids[(m * topK)..((m + 1) * topK)], Is.EqualTo(expected.Ids), $"ids of token {m}");
            var actual = weights[(m * topK)..((m + 1) * topK)];
            Assert.That(actual, Is.EqualTo(expected.Weights).Within(2e-6), $"weights of token {m}");
        }
    }

    [TestCase(8, 4, GroupScore.SumOfTopTwo)]
    [TestCase(4, 1, GroupScore.Max)]
    [TestCase(16, 5, GroupScore.Max)]
    [TestCase(64, 9, GroupScore.SumOfTopTwo)]
    public void Route_Groups_AgreesWithTheDefinition(int groups, int kept, GroupScore score)
    {
        const int Experts = 64;
        var topK = Math.Min(8, kept * Experts / groups);
        var routing = RoutingSpec.For(RoutingMethod.DeepSeekV3, groups, kept, 2.5f) with { GroupScore = score };
        using var logits = HostTensor.Random(DType.Float32, 50, Experts, 5);
        using var bias = HostTensor.Of(DType.Float32, new TensorShape(Experts), HostTensor.Normals(Experts, 6));

        var (ids, weights) = Route(routing, Experts, topK, logits.View, bias.View);

        var values = logits.ToFloats().Select(v => (double)v).Chunk(Experts).ToArray();
        var offsets = bias.ToFloats().Select(v => (double)v).ToArray();
        for (var m = 0; m < 50; m++)
        {
            var expected = ReferenceRouter.Route(routing, values[m], topK, offsets);
            Assert.That(ids[(m * topK)..((m + 1) * topK)], Is.EqualTo(expected.Ids), $"ids of token {m}");
            Assert.That(weights[(m * topK)..((m + 1) * topK)], Is.EqualTo(expected.Weights).Within(2e-6));
        }
    }

    // exp(ln 4) : exp(ln 2) : exp(0) : exp(0) = 4 : 2 : 1 : 1, so softmax is 1/2, 1/4, 1/8, 1/8.
    [TestCase(RoutingMethod.Default, 0.5f, 0.25f)]
    [TestCase(RoutingMethod.Renormalize, 2f / 3, 1f / 3)]
    [TestCase(RoutingMethod.RenormalizeNaive, 2f / 3, 1f / 3)]
    [TestCase(RoutingMethod.TopK, 1.3862944f, 0.6931472f)]
    [TestCase(RoutingMethod.Sigmoid, 0.8f, 2f / 3)]
    [TestCase(RoutingMethod.SigmoidRenorm, 6f / 11, 5f / 11)]
    public void Route_LogitsOfFourTwoOneOne_GivesTheWeightsByHand(RoutingMethod method, float first, float second)
    {
        using var logits = HostTensor.Of(DType.Float32, new float[,] { { 0f, MathF.Log(2), 0f, MathF.Log(4) } });

        var (ids, weights) = Route(RoutingSpec.For(method), 4, 2, logits.View);

        Assert.That(ids, Is.EqualTo(new[] { 3, 1 }));
        Assert.That(weights, Is.EqualTo(new[] { first, second }).Within(1e-6));
    }

    [Test]
    public void Route_CorrectionBias_SelectsWithItAndWeighsWithout()
    {
        using var logits = HostTensor.Of(DType.Float32, new float[,] { { 0f, MathF.Log(3), 0f, MathF.Log(4) } });
        using var bias = HostTensor.Of(DType.Float32, new TensorShape(4), 1f, 0.1f, 0f, 0f);

        var (ids, weights) = Route(RoutingSpec.For(RoutingMethod.MiniMax2), 4, 2, logits.View, bias.View);

        // Sigmoids 1/2, 3/4, 1/2, 4/5; keys 1.5, 0.85, 0.5, 0.8.
        Assert.That(ids, Is.EqualTo(new[] { 0, 1 }));
        Assert.That(weights, Is.EqualTo(new[] { 0.4f, 0.6f }).Within(1e-6));
    }

    [Test]
    public void Route_EqualLogits_TakesTheLowerIds()
    {
        using var logits = HostTensor.Of(
            DType.Float32, new float[,] { { 1f, 2f, 2f, -0f, 2f, 0f }, { 0f, -0f, 0f, 0f, 0f, 0f } });

        var (ids, _) = Route(RoutingSpec.For(RoutingMethod.TopK), 6, 4, logits.View);

        Assert.That(ids, Is.EqualTo(new[] { 1, 2, 4, 0, 0, 1, 2, 3 }));
    }

    [TestCase(RoutingMethod.Default)]
    [TestCase(RoutingMethod.SigmoidRenorm)]
    [TestCase(RoutingMethod.DeepSeekV3)]
    [TestCase(RoutingMethod.Custom)]
    public void Route_NaNLogits_SortLastAndStayInTheirRow(RoutingMethod method)
    {
        using var logits = HostTensor.Of(DType.Float32, new float[,]
        {
            { 3f, 1f, 2f, 0f },
            { float.NaN, 1f, 2f, 0f },
            { float.NaN, float.NaN, float.NaN, float.NaN },
            { 3f, 1f, 2f, 0f },
        });
        using var bias = HostTensor.Of(DType.Float32, new TensorShape(4), 9f, 0f, 0f, 0f);

        var (ids, weights) = Route(RoutingSpec.For(method), 4, 2, logits.View, bias.View);

        Assert.That(ids, Is.EqualTo(new[] { 0, 2, 2, 1, 0, 1, 0, 2 }));
        Assert.That((weights[6], weights[7]), Is.EqualTo((weights[0], weights[1])));
        Assert.That(weights[..4], Is.All.GreaterThan(0f));
    }

    [Test]
    public void Route_HashTable_TakesIdsFromTheTableAndWeightsFromTheScores()
    {
        var routing = RoutingSpec.For(RoutingMethod.SigmoidRenorm) with { HasHashTable = true };
        using var logits = HostTensor.Of(
            DType.Float32, new float[,] { { 0f, MathF.Log(3), 9f }, { 5f, 5f, 5f }, { 5f, 5f, 5f } });
        using var table = HostTensor.Of(DType.Int32, new TensorShape(2, 2), 1, 0, 7, 2);
        using var tokens = HostTensor.Of(DType.Int32, new TensorShape(3), 0, 1, 2);
        using var ids = new HostTensor(DType.Int32, new TensorShape(3, 2));
        using var weights = new HostTensor(DType.Float32, new TensorShape(3, 2));
        var call = new RouteCall
        {
            Logits = logits.View,
            HashTable = table.View,
            TokenIds = tokens.View,
            TopKIds = ids.View,
            TopKWeights = weights.View,
        };

        Run(routing, 3, 2, call);

        // Row 1 names expert 7 of 3, row 2 a token beyond the table.
        Assert.That(ids.ToArray<int>(), Is.EqualTo(new[] { 1, 0, -1, 2, -1, -1 }));
        Assert.That(weights.ToFloats(), Is.EqualTo(new[] { 0.6f, 0.4f, 0f, 1f, 0f, 0f }).Within(1e-6));
    }

    [TestCase(DType.Int32)]
    [TestCase(DType.Int64)]
    public void Route_ValidTokensAndFusedSharedExperts_FillEverySlot(DType idType)
    {
        var routing = RoutingSpec.For(RoutingMethod.Renormalize) with
        {
            FusedSharedExperts = 2,
            FusedSharedWeight = 0.25f,
        };
        using var logits = HostTensor.Of(
            DType.Float32, new float[,] { { 0f, 1f, 2f }, { 2f, 1f, 0f }, { 1f, 1f, 1f } });
        using var ids = new HostTensor(idType, new TensorShape(3, 3));
        using var weights = new HostTensor(DType.Float32, new TensorShape(3, 3));
        using var valid = HostTensor.Of(DType.Int32, new TensorShape(1), 2);
        var call = new RouteCall
        {
            Logits = logits.View,
            TopKIds = ids.View,
            TopKWeights = weights.View,
            ValidTokens = valid.View,
        };

        Run(routing, 3, 1, call);

        var actual = idType == DType.Int32 ? ids.ToArray<int>().Select(i => (long)i) : ids.ToArray<long>();
        Assert.That(actual, Is.EqualTo(new long[] { 2, 3, 4, 0, 3, 4, -1, -1, -1 }));
        Assert.That(weights.ToFloats(), Is.EqualTo(new[] { 1f, 0.25f, 0.25f, 1f, 0.25f, 0.25f, 0f, 0f, 0f }));
    }

    [Test]
    public void Route_WrongTensors_NamesTensorAndShapes()
    {
        using var logits = new HostTensor(DType.Float32, new TensorShape(3, 5));
        using var ids = new HostTensor(DType.Int32, new TensorShape(3, 2));
        using var weights = new HostTensor(DType.Float32, new TensorShape(3, 2));
        var call = new RouteCall { Logits = logits.View, TopKIds = ids.View, TopKWeights = weights.View };

        Assert.That(
            () => Run(RoutingSpec.For(RoutingMethod.Default), 4, 2, call),
            Throws.ArgumentException.With.Message.StartsWith(
                "router logits must be float32, bf16 or fp16 [3, 4], got float32 [3, 5] on cpu."));
    }

    [Test]
    [Retry(3)] // The runtime itself may allocate once on a thread; what a call allocates fails every time.
    public void Route_AnyThreadCount_GivesTheSameBitsAndAllocatesNothing()
    {
        using var logits = HostTensor.Random(DType.BFloat16, 300, 128, 9);
        var results = new List<float[]>();
        foreach (var workers in new[] { 1, 3 })
        {
            using var pool = new WorkerPool(workers);
            using var device = new CpuDevice(pool);
            using var stream = device.CreateStream();
            using var ids = new HostTensor(DType.Int32, new TensorShape(300, 8));
            using var weights = new HostTensor(DType.Float32, new TensorShape(300, 8));
            using var router = new TopKRouterDescriptor().Create(
                Layers.Context(RoutingSpec.For(RoutingMethod.RenormalizeNaive), 128, 8, device: device));
            var call = new RouteCall { Logits = logits.View, TopKIds = ids.View, TopKWeights = weights.View };
            router.Route(call, stream);
            var before = GC.GetAllocatedBytesForCurrentThread();
            router.Route(call, stream);
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
            results.Add([.. weights.ToFloats(), .. ids.ToArray<int>().Select(i => (float)i)]);
        }

        Assert.That(results[1], Is.EqualTo(results[0]));
    }

    private static (int[] Ids, float[] Weights) Route(
        RoutingSpec routing, int experts, int topK, TensorView logits, TensorView bias = default)
    {
        using var ids = new HostTensor(DType.Int32, new TensorShape(logits.Shape[0], topK));
        using var weights = new HostTensor(DType.Float32, new TensorShape(logits.Shape[0], topK));
        var call = new RouteCall
        {
            Logits = logits,
            CorrectionBias = bias,
            TopKIds = ids.View,
            TopKWeights = weights.View,
        };
        Run(routing, experts, topK, call);
        return (ids.ToArray<int>(), weights.ToFloats());
    }

    private static void Run(RoutingSpec routing, int experts, int topK, RouteCall call)
    {
        var context = Layers.Context(routing, experts, topK);
        using var router = new TopKRouterDescriptor().Create(context);
        using var stream = context.Device.CreateStream();
        router.Route(call, stream);
    }
}
