using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests;

public sealed class StepsGpuTests : StepGpuFixture
{
    private const int Rows = 37;

    private static IEnumerable<QuantKey> Keys => QuantKeys.All.Where(
        k => CudaQuantization.For(k) is not null && new CpuActivationQuantizer().Supports(k).IsYes);

    private static IEnumerable<ActivationSpec> Activations =>
    [
        new(ActivationKind.Silu), new(ActivationKind.Silu, limit: 1f), new(ActivationKind.Gelu), new(ActivationKind.GeluTanh),
        new(ActivationKind.SwigluOai), new(ActivationKind.SwigluOaiUninterleave, 7f, 1.702f, 1f),
        new(ActivationKind.SwigluStep), new(ActivationKind.Situ, beta: 4f, linearBeta: 25f), new(ActivationKind.SiluNoMul),
        new(ActivationKind.GeluNoMul), new(ActivationKind.GeluTanhNoMul), new(ActivationKind.Relu2NoMul),
    ];

    [Test]
    public void Quantize_EveryKey_HasTheBitsOfTheCpu(
        [ValueSource(nameof(Keys))] QuantKey key,
        [Values(256, 384, 100)] int columns,
        [Values(DType.Float32, DType.BFloat16, DType.Float16)] DType dtype)
    {
        var cpu = new CpuActivationQuantizer();
        var gpu = new CudaActivationQuantizer(Launcher);
        using var input = HostTensor.Random(dtype, Rows, columns, 21);
        var given = key.Scale.Group == GroupShape.PerToken ? Rows : 1;
        using var scale = HostTensor.Of(DType.Float32, new TensorShape(given), Enumerable.Repeat(0.0125f, given));
        using var output = new HostTensor(key.Element, input.View.Shape);
        using var scales = new HostTensor(key.Scale.DType, cpu.ScaleShape(key, Rows, columns));
        cpu.Quantize(input.View, key, scale.View, output.View, scales.View, HostStream);
        using var gpuInput = Upload(input.View);
        using var gpuScale = Upload(scale.View);
        using var gpuOutput = new GpuTensor(Stream, key.Element, input.View.Shape);
        using var gpuScales = new GpuTensor(Stream, key.Scale.DType, gpu.ScaleShape(key, Rows, columns));
        gpu.Quantize(gpuInput.View, key, gpuScale.View, gpuOutput.View, gpuScales.View, Stream);
        Assert.That(gpuScales.Bytes(), Is.EqualTo(Bytes(scales)), $"scales of {key}");
        Assert.That(gpuOutput.Bytes(), Is.EqualTo(Bytes(output)), $"elements of {key}");
    }

    [Test]
    public void Activate_EveryKind_IsCloseToFloat64AndStopsAtLiveRows(
        [ValueSource(nameof(Activations))] ActivationSpec activation, [Values(64, 45)] int width)
    {
        var inputWidth = activation.IsGated ? 2 * width : width;
        using var input = HostTensor.Random(DType.BFloat16, Rows, inputWidth, 5, 4f);
        using var live = Upload(HostTensor.Of(DType.Int32, new TensorShape(1), 10).View);
        using var gpuInput = Upload(input.View);
        using var output = Poisoned(DType.Float32, Rows, width);
        new CudaActivationOps(Launcher).Activate(
            new ActivationCall
            {
                Activation = activation,
                Input = gpuInput.View,
                Output = output.View,
                LiveRows = live.View,
                RowsPerUnit = 3,
            },
            Stream);
        var (actual, x) = (output.Floats(), input.ToFloats());
        for (var i = 0; i < Rows * width; i++)
        {
            var (row, column) = (i / width, i % width);
            var start = row * inputWidth;
            var (g, u) = activation.IsInterleaved
                ? (x[start + (2 * column)], x[start + (2 * column) + 1])
                : (x[start + column], activation.IsGated ? x[start + width + column] : 0f);
            var expected = Expected(activation, g, u);
            var matches = row < 30
                ? Math.Abs(actual[i] - expected) <= 1e-5 * Math.Max(1, Math.Abs(expected))
                : float.IsNaN(actual[i]);
            Assert.That(matches, $"[{row}, {column}] of {activation}: {actual[i]} for {expected}");
        }
    }

    [Test]
    public void PermuteThenUnpermute_Weights_GivesTheWeightedRows([Values(256, 250)] int columns)
    {
        const int TopK = 3;
        const int Experts = 5;
        using var input = HostTensor.Random(DType.BFloat16, Rows, columns, 9);
        var ids = Enumerable.Range(0, Rows * TopK).Select(i => i % 11 == 0 ? -1 : ((i * 7) + (i / 3)) % Experts).ToArray();
        var weights = HostTensor.Normals(Rows * TopK, 4);
        var alignment = new CudaExpertAlignment(Launcher);
        var permutation = new CudaTokenPermutation(Launcher, new CudaReduction(Launcher));
        var capacity = alignment.Capacity(Rows * TopK, Experts, 16);
        using var gpuInput = Upload(input.View);
        using var gpuIds = Upload(HostTensor.Of(DType.Int32, new TensorShape(Rows, TopK), ids).View);
        using var gpuWeights = Upload(HostTensor.Of(DType.Float32, new TensorShape(Rows, TopK), weights).View);
        using var sorted = Poisoned(DType.Int32, capacity);
        using var blocks = Poisoned(DType.Int32, capacity / 16);
        using var padded = Poisoned(DType.Int32, 1);
        using var positions = Poisoned(DType.Int32, Rows, TopK);
        using var permuted = Poisoned(DType.BFloat16, capacity, columns);
        using var output = Poisoned(DType.Float32, Rows, columns);
        void Enqueue(IComputeStream stream)
        {
            alignment.Align(
                new ExpertAlignmentCall
                {
                    TopKIds = gpuIds.View,
                    GlobalExperts = Experts,
                    LocalExperts = Experts,
                    BlockSize = 16,
                    SortedPairs = sorted.View,
                    BlockExperts = blocks.View,
                    PaddedRows = padded.View,
                    Positions = positions.View,
                },
                stream);
            permutation.Permute(
                new PermuteCall
                {
                    Input = gpuInput.View,
                    TopK = TopK,
                    SortedPairs = sorted.View,
                    PaddedRows = padded.View,
                    Output = permuted.View,
                },
                stream);
            permutation.Unpermute(
                new UnpermuteCall
                {
                    Permuted = permuted.View,
                    Positions = positions.View,
                    TopKWeights = gpuWeights.View,
                    Output = output.View,
                },
                stream);
        }

        Enqueue(Stream);
        var direct = output.Bytes();
        Stream.Fill(output.View.Pointer, 0xFF, output.View.Bytes);
        using var graph = Stream.Capture(Enqueue);
        graph.Launch(Stream);
        Assert.That(output.Bytes(), Is.EqualTo(direct), "a replay has the bits of the direct call");
        var (actual, x) = (output.Floats(), input.ToFloats());
        for (var i = 0; i < actual.Length; i++)
        {
            var m = i / columns;
            var sum = 0f;
            for (var j = 0; j < TopK; j++)
            {
                sum += ids[(m * TopK) + j] < 0 ? 0f : weights[(m * TopK) + j] * x[i];
            }

            Assert.That(actual[i], Is.EqualTo(sum), $"[{m}, {i % columns}]");
        }
    }

    [Test]
    public void PackTopK_IdsAndWeights_PacksBothHalves()
    {
        using var ids = Upload(HostTensor.Of(DType.Int32, new TensorShape(1, 3), 5, 300, 0).View);
        using var weights = Upload(HostTensor.Of(DType.Float32, new TensorShape(1, 3), 1f, -0.5f, 0.1f).View);
        using var packed = Poisoned(DType.Int32, 1, 3);
        new CudaTopKPacking(new CudaElementwise(Launcher)).Pack(ids.View, weights.View, packed.View, Stream);
        Assert.That(packed.Read<int>(), Is.EqualTo(new[] { 0x0005_3F80, 0x012C_BF00, 0x0000_3DCD }));
    }

    private static byte[] Bytes(HostTensor tensor) =>
        tensor.View.Reinterpret(DType.UInt8, new TensorShape(tensor.View.Bytes)).AsSpan<byte>().ToArray();

    private static double Expected(ActivationSpec a, double g, double u)
    {
        var l = a.Limit ?? double.PositiveInfinity;
        var gate = Math.Min(g, l);
        var up = Math.Clamp(u, -l, l);
        return a.Kind switch
        {
            ActivationKind.Silu => Silu(gate) * up,
            ActivationKind.Gelu => Gelu(g) * u,
            ActivationKind.GeluTanh => GeluTanh(g) * u,
            ActivationKind.SwigluOai or ActivationKind.SwigluOaiUninterleave =>
                (up + a.Beta) * gate / (1 + Math.Exp(-a.Alpha * gate)),
            ActivationKind.SwigluStep => Math.Min(Silu(g), l) * up,
            ActivationKind.Situ =>
                a.Beta * Math.Tanh(g / a.Beta) / (1 + Math.Exp(-g)) * a.LinearBeta!.Value * Math.Tanh(u / a.LinearBeta.Value),
            ActivationKind.SiluNoMul => Silu(g),
            ActivationKind.GeluNoMul => Gelu(g),
            ActivationKind.GeluTanhNoMul => GeluTanh(g),
            _ => Math.Max(g, 0) * Math.Max(g, 0),
        };
    }

    private static double Silu(double x) => x / (1 + Math.Exp(-x));

    private static double GeluTanh(double x) =>
        0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    private static double Gelu(double x)
    {
        // erf by its series in double precision; |x| / sqrt 2 stays small enough here.
        var z = x / Math.Sqrt(2);
        if (Math.Abs(z) > 5)
        {
            return z > 0 ? x : 0;
        }

        var (term, sum) = (z, z);
        for (var n = 1; n < 120; n++)
        {
            term *= -z * z / n;
            sum += term / ((2 * n) + 1);
        }

        return 0.5 * x * (1 + (2 / Math.Sqrt(Math.PI) * sum));
    }
}
