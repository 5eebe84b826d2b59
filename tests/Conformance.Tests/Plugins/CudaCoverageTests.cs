namespace FusedMoe.Conformance.Tests;

/// <summary>What the shipped CUDA stages must be asked; found without a GPU, because discovery runs nothing.</summary>
public sealed class CudaCoverageTests
{
    private static readonly Lazy<IReadOnlyList<ConformanceCase>> All = new(
        () => ConformanceSuite.Discover(PluginHost.Shared.Services, new DescribedGpu()));

    [TestCase("cuda-local+cutlass/configurations/even-bf16-m3")]
    [TestCase("cuda-local+cutlass/configurations/multiples-of-8-fp16-m150")]
    [TestCase("cuda-local+cutlass/configurations/swigluoai-limit-even-bf16-m150")]
    [TestCase("cuda-local+cutlass/configurations/gelu-even-fp16-m150")]
    [TestCase("cuda-local+cutlass/configurations/many-experts-m150")]
    [TestCase("cuda-local+triton/configurations/even-bf16-m3")]
    [TestCase("cuda-local+triton/configurations/multiples-of-16-fp16-m150")]
    [TestCase("cuda-local+triton/configurations/odd-bf16-m150")]
    [TestCase("cuda-local+triton/configurations/relu2-no-mul-even-bf16-m150")]
    [TestCase("cuda-local+triton/configurations/top16-k97-fp16-m3")]
    [TestCase("cuda-local+triton/configurations/deep-top8-m3")]
    [TestCase("cuda-local+triton/configurations/fp8-static-128x128+fp8-dynamic-1x128-multiples-of-64-silu-m150")]
    [TestCase("cuda-local+triton/configurations/mxfp4-static+none-even-relu2_no_mul-m150")]
    [TestCase("cuda-batched+triton-batched/configurations/odd-fp16-m150")]
    [TestCase("cuda-batched+triton-batched/configurations/fp8-static-128x128+fp8-dynamic-1x128-multiples-of-64-silu-m150")]
    [TestCase("cuda-batched+triton-batched/configurations/fp8-static-channel+fp8-dynamic-token-even-relu2_no_mul-m3")]
    [TestCase("cuda-batched+triton-batched/configurations/fp8-static-tensor+fp8-dynamic-tensor-even-silu-m150")]
    [TestCase("cuda-batched+triton-batched/configurations/fp8-static-tensor+fp8-static-tensor-even-silu-m3")]
    [TestCase("cuda-batched+triton-batched/configurations/int8-static-channel+int8-dynamic-token-even-silu-m150")]
    [TestCase("cuda-batched+triton-batched/configurations/int8-static-tensor+int8-dynamic-tensor-even-silu-m3")]
    [TestCase("cuda-batched+triton-batched/configurations/int4-static-group-128+none-even-silu-m150")]
    [TestCase("cuda-batched+triton-batched/configurations/int4-static-group-32-asymmetric+none-even-silu-m3")]
    [TestCase("cuda-batched+triton-batched/configurations/int8-static-group-128+none-even-silu-m150")]
    [TestCase("cuda-batched+triton-batched/configurations/fp8-static-128x128+none-multiples-of-16-relu2_no_mul-m3")]
    [TestCase("cuda-batched+triton-batched/configurations/mxfp4-static+none-even-relu2_no_mul-m150")]
    [TestCase("cuda-batched+cutlass-batched/configurations/even-bf16-m3")]
    [TestCase("cuda-batched+cutlass-batched/configurations/gelu-even-fp16-m150")]
    [TestCase("cuda-batched+cutlass-batched/configurations/many-experts-m150")]
    public void Discover_ShippedPlugins_FindsTheCase(string id) => Assert.That(All.Value.Select(c => c.Id), Does.Contain(id));
}
