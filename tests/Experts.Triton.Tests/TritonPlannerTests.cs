namespace FusedMoe.Experts.Triton.Tests;

[TestFixture]
public sealed class TritonPlannerTests
{
    private static readonly (int Hidden, int Intermediate)[] Sizes =
        [(2048, 768), (4096, 14336), (2880, 2880), (48, 80), (77, 33), (7168, 2048), (100, 64)];

    private static readonly int[] TokenCounts = [1, 2, 7, 16, 33, 64, 96, 97, 256, 512, 513, 1024, 4096, 16384, 1 << 20];

    [Test]
    public void Choose_AnyShapeAndTokenCount_ReturnsKernelsOfTheManifest()
    {
        var images = TestImages.Standard();
        foreach (var (hidden, intermediate) in Sizes)
        {
            foreach (var tokens in TokenCounts)
            {
                var layer = TestImages.Layer(hidden, intermediate);
                var choice = new TritonPlanner(images, layer, 16).Choose(tokens, tokens, null);
                Assert.That(images.Has(choice.First.Key, 90), Is.True, choice.First.Key);
                Assert.That(images.Has(choice.Second.Key, 90), Is.True, choice.Second.Key);
                Assert.That(choice.First.Tile.BlockM, Is.EqualTo(choice.Second.Tile.BlockM));
            }
        }
    }

    [Test]
    public void Choose_EvenSizes_TakesUnmaskedImages()
    {
        var choice = new TritonPlanner(TestImages.Standard(), TestImages.Layer(), 0).Choose(64, 64, null);
        Assert.That(choice.First.Key, Does.EndWith("_gated_even"));
        Assert.That(choice.Second.Key, Does.EndWith("_plain_even"));
    }

    [TestCase(2880, 2880, "even", "even")]
    [TestCase(2864, 2880, "wide", "even")]
    [TestCase(2048, 100, "any", "any")]
    public void Choose_DepthAndWidth_PickTheAlignment(int hidden, int intermediate, string first, string second)
    {
        var layer = TestImages.Layer(hidden, intermediate);
        var choice = new TritonPlanner(TestImages.Standard(), layer, 0).Choose(300, 300, null);
        Assert.That(choice.First.Key, Does.EndWith(first));
        Assert.That(choice.Second.Key, Does.EndWith(second));
    }

    [Test]
    public void Choose_FewPairs_SkipsSorting()
    {
        var planner = new TritonPlanner(TestImages.Standard(), TestImages.Layer(), 16);
        var choice = planner.Choose(2, 2, null);
        Assert.That(choice.IsTiny, Is.True);
        Assert.That(choice.First.Key, Is.EqualTo("tiny_gate_up_bf16_4x512x3_gated_even"));
        Assert.That(choice.Second.Key, Is.EqualTo("tiny_down_bf16_k8_16x512x3_wide"));
        Assert.That(planner.Choose(3, 3, null).IsTiny, Is.False);
    }

    [Test]
    public void Choose_OneToken_TakesNarrowerTiles()
    {
        var planner = new TritonPlanner(TestImages.Standard(), TestImages.Layer(intermediate: 1536), 16);
        Assert.That(planner.Choose(1, 1, null).Second.Key, Is.EqualTo("tiny_down_bf16_k8_8x512x3_even"));
        Assert.That(planner.Choose(2, 2, null).Second.Key, Is.EqualTo("tiny_down_bf16_k8_16x512x3_even"));
        Assert.That(planner.KeyOf(1, 1, null), Is.Not.EqualTo(planner.KeyOf(2, 2, null)));
    }

    [TestCase(64, 64, 4, true)]
    [TestCase(63, 63, 4, false, TestName = "Choose_FewerThanTwoExpertsAPair_Sorts")]
    public void Choose_TwoExpertsAPairAllOnThisRank_SkipsSorting(int experts, int local, int tokens, bool isTiny)
    {
        var layer = TestImages.Layer(experts: experts) with { LocalExperts = local };
        var planner = new TritonPlanner(TestImages.Standard(), layer, 32);
        Assert.That(planner.Choose(tokens, tokens, null).IsTiny, Is.EqualTo(isTiny));
    }

    [TestCase(2, true)]
    [TestCase(3, false, TestName = "Choose_TooManyPairsOnAnExpertParallelRank_Sorts")]
    public void Choose_ExpertParallelRank_TakesWiderTilesOfTheFirstProduct(int tokens, bool isTiny)
    {
        var layer = TestImages.Layer(experts: 256) with { LocalExperts = 32 };
        var choice = new TritonPlanner(TestImages.Standard(), layer, 16).Choose(tokens, tokens, null);
        Assert.That(choice.IsTiny, Is.EqualTo(isTiny));
        Assert.That(choice.First.Key, Does.StartWith(isTiny ? "tiny_gate_up_bf16_16x256x3_" : "grouped_gemm_bf16_"));
    }

    [TestCase(2880, 2880, false, TestName = "Choose_AlignedSizesWithoutAVectorImage_Sorts")]
    [TestCase(2881, 2881, true, TestName = "Choose_SizesThatNoVectorFits_SkipsSorting")]
    public void Choose_OnlyImagesForAnySizes(int hidden, int intermediate, bool isTiny)
    {
        var planner = new TritonPlanner(TestImages.Standard(), TestImages.Layer(hidden, intermediate, topK: 4), 16);
        Assert.That(planner.Choose(1, 1, null).IsTiny, Is.EqualTo(isTiny));
        Assert.That(planner.Choose(1, 1, TritonChoice.Tiny).IsTiny, Is.True, "named, it is taken");
    }

    [Test]
    public void Choose_AlignedSizesWithAVectorImage_SkipsSortingWithIt()
    {
        var images = TestImages.Of(
        [
            "tiny_gate_up_bf16_4x512x3_gated_any", "tiny_gate_up_bf16_4x512x3_gated_wide",
            "tiny_down_bf16_k4_8x512x3_any", "tiny_down_bf16_k4_8x512x3_wide",
            "tiny_down_bf16_k4_16x512x3_any", "tiny_down_bf16_k4_16x512x3_wide",
        ]);
        var choice = new TritonPlanner(images, TestImages.Layer(2880, 2880, topK: 4), 16).Choose(1, 1, null);
        Assert.That(choice.First.Key, Is.EqualTo("tiny_gate_up_bf16_4x512x3_gated_wide"));
        Assert.That(choice.Second.Key, Is.EqualTo("tiny_down_bf16_k4_8x512x3_wide"));
    }

    [Test]
    public void Choose_ManyRowsOfWhichFewAreExpected_StillSorts()
    {
        var planner = new TritonPlanner(TestImages.Standard(), TestImages.Layer(), 16);
        Assert.That(planner.Choose(1024, 1, null).IsTiny, Is.False, "the tiny grid covers every row of the call");
        Assert.That(planner.Choose(1024, 1, TritonChoice.Tiny).IsTiny, Is.False);
        Assert.That(planner.Choose(32, 1, TritonChoice.Tiny).IsTiny, Is.True);
    }

    [Test]
    public void Choose_BatchInvariant_TakesOneTileForAllTokenCounts()
    {
        var planner = new TritonPlanner(TestImages.Standard(), TestImages.Layer(isBatchInvariant: true), 16);
        var names = TokenCounts.Select(t => planner.Choose(t, t, TritonChoice.Tiny).Configuration).Distinct().ToArray();
        Assert.That(names, Is.EqualTo(new[] { "64x128x64x4x4+64x128x64x4x4" }));
    }

    [Test]
    public void Choose_ConfigurationOfTwoRowCounts_FallsBackToItsOwnChoice()
    {
        var planner = new TritonPlanner(TestImages.Standard(), TestImages.Layer(), 0);
        var own = planner.Choose(64, 64, null);
        Assert.That(planner.Choose(64, 64, "16x64x128x4x4+64x128x64x4x4"), Is.EqualTo(own));
        Assert.That(planner.Choose(64, 64, "16x64x128x4x4+16x128x64x4x5").Configuration,
            Is.EqualTo("16x64x128x4x4+16x128x64x4x5"));
    }

    [Test]
    public void Configurations_EveryName_IsChosenByName()
    {
        var planner = new TritonPlanner(TestImages.Standard(), TestImages.Layer(), 16);
        var names = planner.Configurations(8);
        Assert.That(names, Is.Unique);
        Assert.That(names, Does.Contain(TritonChoice.Tiny));
        foreach (var name in names)
        {
            Assert.That(planner.Choose(8, 8, name).Configuration, Is.EqualTo(name));
        }
    }

    [Test]
    public void KeyOf_CallsOfOneKey_GetOneChoice()
    {
        foreach (var tinyPairs in new[] { 0, 16, 1024 })
        {
            var planner = new TritonPlanner(TestImages.Standard(), TestImages.Layer(), tinyPairs);
            var calls =
                from rows in TokenCounts
                from hint in TokenCounts
                from name in new[] { null, TritonChoice.Tiny, "16x64x128x4x4+16x128x64x4x5" }
                let tokens = TritonLayer.ExpectedRows(rows, hint)
                select (Key: planner.KeyOf(rows, tokens, name), Choice: planner.Choose(rows, tokens, name));
            foreach (var group in calls.GroupBy(c => c.Key, c => c.Choice))
            {
                Assert.That(group.Distinct().Count(), Is.EqualTo(1), $"{group.Key}, {tinyPairs} tiny pairs");
            }
        }
    }

    [Test]
    public void SumKey_BatchedFormat_IsNull() =>
        Assert.That(
            new TritonPlanner(TestImages.Standard(), TestImages.Layer() with { IsBatched = true }, 0).SumKey, Is.Null);

    [Test]
    public void Choose_OnlyPortableImages_TakesThem()
    {
        var images = TestImages.Of(
        [
            "grouped_gemm_bf16_64x128x64x4x3_gated_any_portable80", "grouped_gemm_bf16_64x128x64x4x3_plain_any_portable80",
            "weighted_sum_bf16_k8_any_portable80", "grouped_gemm_bf16_16x128x64x4x5_gated_even",
        ]);
        var planner = new TritonPlanner(images, TestImages.Layer(computeCapability: 80), 16);
        var choice = planner.Choose(1, 1, null);
        Assert.That(choice.First.Key, Does.EndWith("_portable80"));
        Assert.That(planner.SumKey, Is.EqualTo("weighted_sum_bf16_k8_any_portable80"));
    }

    [Test]
    public void RequireImages_NoneForTheDevice_NamesKernelAndCapability()
    {
        var planner = new TritonPlanner(TestImages.Standard(), TestImages.Layer(computeCapability: 80), 16);
        Assert.That(planner.RequireImages, Throws.InvalidOperationException.With.Message.EqualTo(
            "Kernel 'grouped_gemm_bf16' must be built for compute capability 8.0, hidden size 2048 "
            + "and intermediate size 768, got none; "
            + "choose another experts backend."));
    }

    [TestCase(ActivationKind.Gelu, "activate_rows_bf16_gelu")]
    [TestCase(ActivationKind.SiluNoMul, "activate_rows_bf16_sigmoid")]
    public void ActivateKey_SeparateActivation_NamesItsKernel(ActivationKind kind, string key)
    {
        var layer = TestImages.Layer(activation: new ActivationSpec(kind));
        Assert.That(new TritonPlanner(TestImages.Of([key]), layer, 0).ActivateKey, Is.EqualTo(key));
    }

    [Test]
    public void ActivateKey_FusedActivation_IsNull() =>
        Assert.That(new TritonPlanner(TestImages.Standard(), TestImages.Layer(), 0).ActivateKey, Is.Null);

    [TestCase(1, "k1_wide")]
    [TestCase(3, "k4_wide")]
    [TestCase(9, "k16_wide")]
    public void SumKey_TopK_RoundsUpToAPowerOfTwo(int topK, string end) =>
        Assert.That(
            new TritonPlanner(TestImages.Standard(), TestImages.Layer(topK: topK), 0).SumKey, Does.EndWith(end));
}
