using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests;

public sealed class RouterGpuTests : StepGpuFixture
{
    private const int Tokens = 67;

    private static IEnumerable<RoutingMethod> Published =>
        Enum.GetValues<RoutingMethod>().Where(m => m is < RoutingMethod.Unspecified or RoutingMethod.DeepSeekV4);

    [Test]
    public void Route_EveryMethod_HasTheBitsOfTheCpu(
        [ValueSource(nameof(Published))] RoutingMethod method,
        [Values(8, 60, 128, 256, 384, 1000)] int experts,
        [Values(DType.Float32, DType.BFloat16, DType.Float16)] DType dtype)
    {
        var topK = method == RoutingMethod.Llama4 ? 1 : 6;
        Compare(RoutingSpec.For(method, scale: 2.5f), experts, topK, dtype);
    }

    [Test]
    public void Route_MostExpertsAndSlots_HasTheBitsOfTheCpu(
        [ValueSource(nameof(Published))] RoutingMethod method,
        [Values(DType.Float32, DType.BFloat16, DType.Float16)] DType dtype)
    {
        var topK = method == RoutingMethod.Llama4 ? 1 : CudaTopKRouterDescriptor.MaxTopK;
        Compare(RoutingSpec.For(method, scale: 2.5f), CudaTopKRouterDescriptor.MaxExperts, topK, dtype);
    }

    [Test]
    public void Route_Int64Ids_AreThoseOfInt32() =>
        Compare(RoutingSpec.For(RoutingMethod.Renormalize), 128, 8, DType.BFloat16, DType.Int64);

    [TestCase(8, 4, 256, 8, GroupScore.SumOfTopTwo)]
    [TestCase(4, 1, 64, 6, GroupScore.Max)]
    [TestCase(32, 9, 64, 8, GroupScore.SumOfTopTwo)]
    [TestCase(2, 2, 1024, 32, GroupScore.Max)]
    public void Route_Groups_HasTheBitsOfTheCpu(int groups, int kept, int experts, int topK, GroupScore score) => Compare(
        RoutingSpec.For(RoutingMethod.DeepSeekV3, groups, kept, 2.5f) with { GroupScore = score },
        experts,
        topK,
        DType.Float32);

    [TestCase(16)]
    [TestCase(40)]
    public void Route_SparseMixer_HasTheBitsOfTheCpu(int experts) =>
        Compare(RoutingSpec.For(RoutingMethod.Custom), experts, 2, DType.BFloat16);

    [Test]
    public void Route_HashTable_HasTheBitsOfTheCpu([Values] bool afterSelection) => Compare(
        RoutingSpec.For(RoutingMethod.DeepSeekV4) with
        {
            HasHashTable = true,
            HasCorrectionBias = false,
            ScoreAfterSelection = afterSelection,
        },
        96,
        4,
        DType.Float32);

    [Test]
    public void Route_Simulated_HasTheBitsOfTheCpu([Values] SimulatedRouting kind, [Values(4, 128)] int experts) => Compare(
        RoutingSpec.For(RoutingMethod.Simulated) with { Simulation = kind, SimulationSeed = 17 }, experts, 4, DType.Float32);

    [Test]
    public void Route_FusedSharedExperts_AppendsTheirSlots() => Compare(
        RoutingSpec.For(RoutingMethod.RenormalizeNaive) with { FusedSharedExperts = 2, FusedSharedWeight = 0.5f },
        60,
        4,
        DType.Float32);

    private static void PlantOddValues(HostTensor logits, int experts)
    {
        if (logits.View.DType != DType.Float32)
        {
            return;
        }

        var values = logits.View.AsSpan<float>();
        values[0] = float.NaN;
        values[experts + 1] = float.NegativeInfinity;
        values.Slice(2 * experts, experts).Fill(0.25f);
        values.Slice(3 * experts, experts).Fill(float.NegativeInfinity);
        values[4 * experts] = -0f;
        values[(4 * experts) + 1] = 0f;
        values[(5 * experts) + 2] = 200f;
    }

    private void Compare(RoutingSpec routing, int experts, int topK, DType dtype, DType idsType = DType.Int32)
    {
        var slots = topK + routing.FusedSharedExperts;
        using var logits = HostTensor.Random(dtype, Tokens, experts, 11, 3f);
        PlantOddValues(logits, experts);
        using var bias = HostTensor.Of(DType.Float32, new TensorShape(experts), HostTensor.Normals(experts, 12));
        var random = new Random(3);
        using var table = HostTensor.Of(
            DType.Int32,
            new TensorShape(50, topK),
            Enumerable.Range(0, 50 * topK).Select(_ => random.Next(-2, experts + 2)).ToArray());
        using var tokens = HostTensor.Of(
            DType.Int32, new TensorShape(Tokens), Enumerable.Range(0, Tokens).Select(i => i - 3).ToArray());
        using var valid = HostTensor.Of(DType.Int32, new TensorShape(1), Tokens - 5);
        using var ids = new HostTensor(idsType, new TensorShape(Tokens, slots));
        using var weights = new HostTensor(DType.Float32, new TensorShape(Tokens, slots));
        var context = Layers.Context(routing, experts, topK, device: Host);
        using var expected = new TopKRouterDescriptor().Create(context);
        expected.Route(Call(logits.View, bias.View, table.View, tokens.View, valid.View, ids.View, weights.View), HostStream);

        using var actual = new CudaTopKRouterDescriptor(Launcher).Create(context with { Device = Device });
        using var gpuLogits = Upload(logits.View);
        using var gpuBias = Upload(bias.View);
        using var gpuTable = Upload(table.View);
        using var gpuTokens = Upload(tokens.View);
        using var gpuValid = Upload(valid.View);
        using var gpuIds = Poisoned(idsType, Tokens, slots);
        using var gpuWeights = Poisoned(DType.Float32, Tokens, slots);
        actual.Route(
            Call(gpuLogits.View, gpuBias.View, gpuTable.View, gpuTokens.View, gpuValid.View, gpuIds.View, gpuWeights.View),
            Stream);

        Assert.That(gpuIds.Bytes(), Is.EqualTo(ids.ToArray<byte>()), $"ids, {experts} experts, {dtype}");
        Assert.That(
            Bits(gpuWeights.Read<float>()), Is.EqualTo(Bits(weights.ToArray<float>())), $"weights, {experts} experts, {dtype}");
    }

    // The sign and payload of a NaN are the processor's own.
    private static int[] Bits(float[] values) =>
        [.. values.Select(v => float.IsNaN(v) ? 0x7FC0_0000 : BitConverter.SingleToInt32Bits(v))];

    private static RouteCall Call(
        TensorView logits, TensorView bias, TensorView table, TensorView tokens, TensorView valid, TensorView ids,
        TensorView weights) => new()
        {
            Logits = logits,
            CorrectionBias = bias,
            HashTable = table,
            TokenIds = tokens,
            ValidTokens = valid,
            TopKIds = ids,
            TopKWeights = weights,
        };
}
