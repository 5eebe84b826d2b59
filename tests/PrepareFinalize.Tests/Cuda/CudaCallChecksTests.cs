using Microsoft.Extensions.Options;

namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>Wrong calls of GPU services are refused before a stream is touched: there is none here.</summary>
public sealed class CudaCallChecksTests
{
    private static readonly CudaLauncher Launcher = new(Options.Create(new PrepareFinalizeOptions()));

    private static readonly ActivationCall Activation = new()
    {
        Activation = ActivationSpec.Silu,
        Input = View(DType.BFloat16, 6, 64),
        Output = View(DType.BFloat16, 6, 32),
    };

    private static readonly ExpertAlignmentCall Alignment = new()
    {
        TopKIds = View(DType.Int32, 4, 2),
        GlobalExperts = 8,
        LocalExperts = 8,
        BlockSize = 16,
        SortedPairs = View(DType.Int32, 128),
    };

    private static readonly PermuteCall Permutation = new()
    {
        Input = View(DType.BFloat16, 4, 32),
        TopK = 2,
        SortedPairs = View(DType.Int32, 16),
        PaddedRows = View(DType.Int32, 1),
        Output = View(DType.BFloat16, 16, 32),
    };

    private static readonly UnpermuteCall Return = new()
    {
        Permuted = View(DType.BFloat16, 16, 32),
        Positions = View(DType.Int32, 4, 2),
        TopKWeights = View(DType.Float32, 4, 2),
        Output = View(DType.BFloat16, 4, 32),
    };

    private static readonly RouteCall Routing = new()
    {
        Logits = View(DType.BFloat16, 4, 8),
        CorrectionBias = View(DType.Float32, 8),
        TopKIds = View(DType.Int32, 4, 2),
        TopKWeights = View(DType.Float32, 4, 2),
    };

    [Test]
    public void Activate_WrongTensors_NamesEachWithWhatItMustBe()
    {
        Refuses(Activation with { Input = TensorView.None }, "activation input must be [rows, N] or [E, rows, N], got none.");
        Refuses(
            Activation with { Input = View(DType.BFloat16, 6, 63) },
            "activation input must be rows of at least 2 elements");
        Refuses(
            Activation with { Input = View(DType.Int8, 6, 64) },
            "activation input must be float32, bf16 or fp16, got int8");
        Refuses(Activation with { Output = TensorView.None }, "activation output must be [6, 32], got none.");
        Refuses(Activation with { Output = View(DType.Int32, 6, 32) }, "activation output must be float32, bf16 or fp16");
        Refuses(Activation with { LiveRows = View(DType.Int32, 2) }, "live rows must be int32 [1], got int32 [2]");
        Refuses(Activation with { LiveRows = View(DType.Int64, 1) }, "live rows must be int32, got int64 [1]");

        static void Refuses(ActivationCall call, string start) =>
            CudaCallChecksTests.Refuses(() => new CudaActivationOps(Launcher).Activate(call, null!), start);
    }

    [Test]
    public void Align_WrongTensors_NamesEachWithWhatItMustBe()
    {
        const string Sizes = "Alignment needs 1 to 1024 local experts and blocks of at least 1 row,";
        Refuses(Alignment with { LocalExperts = 1025 }, Sizes);
        Refuses(Alignment with { BlockSize = 0 }, Sizes);
        Refuses(Alignment with { TopKIds = TensorView.None }, "top-k ids must be int32 or int64 [M, k], got none.");
        Refuses(Alignment with { TopKIds = View(DType.Int8, 4, 2) }, "top-k ids must be int32 or int64, got int8 [4, 2]");
        Refuses(
            Alignment with { SortedPairs = TensorView.None },
            "sorted pairs must be at least 128 rows in whole blocks of 16");
        Refuses(
            Alignment with { SortedPairs = View(DType.Int32, 120) },
            "sorted pairs must be at least 128 rows in whole blocks of 16, got int32 [120]");
        Refuses(Alignment with { SortedPairs = View(DType.Int64, 128) }, "sorted pairs must be int32, got int64 [128]");
        Refuses(Alignment with { BlockExperts = View(DType.Int32, 7) }, "block experts must be int32 [8], got int32 [7]");
        Refuses(Alignment with { PaddedRows = View(DType.Int32, 2) }, "padded rows must be int32 [1], got int32 [2]");
        Refuses(Alignment with { ExpertMap = View(DType.Int32, 7) }, "expert map must be int32 [8], got int32 [7]");
        Refuses(Alignment with { ValidTokens = View(DType.Int32, 2) }, "valid tokens must be int32 [1], got int32 [2]");
        Refuses(Alignment with { ExpertCounts = View(DType.Int32, 7) }, "expert counts must be int32 [8], got int32 [7]");
        Refuses(Alignment with { ExpertOffsets = View(DType.Int32, 8) }, "expert offsets must be int32 [9], got int32 [8]");
        Refuses(Alignment with { Positions = View(DType.Int32, 4, 1) }, "positions must be int32 [8], got int32 [4, 1]");
        Refuses(
            Alignment with { ExpertMap = TensorView.Contiguous(4096, DType.Int32, new TensorShape(8), DeviceId.Cpu) },
            "expert map must be contiguous on a cuda device, got int32 [8] on cpu");
        Refuses(Alignment, "The stream must be a CUDA stream, got null.");

        static void Refuses(ExpertAlignmentCall call, string start) =>
            CudaCallChecksTests.Refuses(() => new CudaExpertAlignment(Launcher).Align(call, null!), start);
    }

    [Test]
    public void Align_LongCallWithoutScratch_NamesItsBytes()
    {
        var call = Alignment with { TopKIds = View(DType.Int32, 2048, 2), SortedPairs = View(DType.Int32, 8192) };

        Refuses(
            () => new CudaExpertAlignment(Launcher).Align(call, null!),
            "alignment scratch must be at least 512 bytes, got none.");
    }

    [Test]
    public void Permute_WrongTensors_NamesEachWithWhatItMustBe()
    {
        Refuses(Permutation with { Input = View(DType.BFloat16, 4) }, "rows to permute must be [M, K], got bf16 [4]");
        Refuses(Permutation with { Input = View(DType.Int4, 4, 31) }, "rows to permute must be rows of whole bytes");
        Refuses(Permutation with { SortedPairs = TensorView.None }, "sorted pairs must be int32 [capacity], got none.");
        Refuses(Permutation with { SortedPairs = View(DType.Int64, 16) }, "sorted pairs must be int32, got int64 [16]");
        Refuses(Permutation with { PaddedRows = TensorView.None }, "padded rows must be int32 [1], got none.");
        Refuses(
            Permutation with { Output = View(DType.BFloat16, 15, 32) },
            "permuted rows must be bf16 [16, 32], got bf16 [15");
        Refuses(
            Permutation with { InputScales = View(DType.Float32, 3, 1) },
            "scales to permute must be [4, S], got float32 [3");
        Refuses(
            Permutation with { InputScales = View(DType.Float32, 4, 1) }, "permuted scales must be float32 [16, 1], got none.");
        Refuses(
            Permutation with { OutputScales = View(DType.Float32, 16, 1) },
            "permuted scales must be absent without scales");
        Refuses(Permutation with { TopK = 0 }, "top-k of a permutation must be at least 1, got 0.");

        static void Refuses(PermuteCall call, string start) =>
            CudaCallChecksTests.Refuses(() => Service().Permute(call, null!), start);
    }

    [Test]
    public void Unpermute_WrongTensors_NamesEachWithWhatItMustBe()
    {
        Refuses(Return with { Output = TensorView.None }, "output must be [M, K], got none.");
        Refuses(Return with { Permuted = View(DType.BFloat16, 16, 31) }, "permuted rows must be [rows, 32], got bf16 [16, 31]");
        Refuses(Return with { Permuted = View(DType.Int8, 16, 32) }, "permuted rows must be float32, bf16 or fp16, got int8");
        Refuses(
            Return with { TopKWeights = View(DType.Float32, 3, 2) },
            "top-k weights must be float32 [4, k], got float32 [3");
        Refuses(Return with { Positions = View(DType.Int32, 4, 3) }, "positions must be int32 [4, 2], got int32 [4, 3]");
        Refuses(Return with { ValidTokens = View(DType.Int32, 2) }, "valid tokens must be int32 [1], got int32 [2]");

        static void Refuses(UnpermuteCall call, string start) =>
            CudaCallChecksTests.Refuses(() => Service().Unpermute(call, null!), start);
    }

    [Test]
    public void Route_WrongTensors_NamesEachWithWhatItMustBe()
    {
        Refuses(Routing with { TopKIds = TensorView.None }, "top-k ids must be [M, 2], got none.");
        Refuses(Routing with { TopKIds = View(DType.Int8, 4, 2) }, "top-k ids must be int32 or int64, got int8 [4, 2]");
        Refuses(
            Routing with { TopKWeights = View(DType.Float32, 4, 1) },
            "top-k weights must be float32 [4, 2], got float32 [4");
        Refuses(Routing with { Logits = View(DType.BFloat16, 4, 7) }, "router logits must be [4, 8], got bf16 [4, 7]");
        Refuses(Routing with { CorrectionBias = TensorView.None }, "correction bias must be float32 [8], got none.");
        Refuses(Routing with { ValidTokens = View(DType.Int32, 2) }, "valid tokens must be int32 [1], got int32 [2]");

        static void Refuses(RouteCall call, string start) =>
            CudaCallChecksTests.Refuses(() => Router(RoutingSpec.For(RoutingMethod.DeepSeekV3)).Route(call, null!), start);
    }

    [Test]
    public void Route_WrongTables_NamesTheOneThatIsWrong()
    {
        var routing = RoutingSpec.For(RoutingMethod.DeepSeekV4) with { HasHashTable = true, HasCorrectionBias = false };
        var call = Routing with { HashTable = View(DType.Int32, 9, 2), TokenIds = View(DType.Int32, 4) };

        Refuses(
            call with { HashTable = View(DType.Int32, 9, 1) },
            "hash table must be int32 [vocabulary, 2], got int32 [9, 1]");
        Refuses(call with { TokenIds = View(DType.Int32, 3) }, "token ids must be int32 [4], got int32 [3]");

        void Refuses(RouteCall wrong, string start) =>
            CudaCallChecksTests.Refuses(() => Router(routing).Route(wrong, null!), start);
    }

    private static void Refuses(Action call, string start) =>
        Assert.That(call, Throws.ArgumentException.With.Message.StartsWith(start));

    private static CudaTokenPermutation Service() => new(Launcher, new CudaReduction(Launcher));

    private static IRouter Router(RoutingSpec routing)
    {
        var layer = new MoeLayerSpec(new MoeShape(8, 2, 32, 16), routing, ActivationSpec.Silu, new MoeLayerFeatures());
        return new CudaTopKRouterDescriptor(Launcher).Create(new StageContext(layer, null!, null!, 8, null));
    }

    private static TensorView View(DType dtype, params long[] shape) =>
        TensorView.Contiguous(4096, dtype, new TensorShape(shape), DeviceId.Cuda(0));
}
