using FusedMoe.Cuda;
using Microsoft.Extensions.Options;

namespace FusedMoe.PrepareFinalize.Tests;

public sealed class CudaDescriptorTests
{
    private static readonly CudaLauncher Launcher = new(Options.Create(new PrepareFinalizeOptions()));
    private static readonly CudaTopKRouterDescriptor Router = new(Launcher);
    private static readonly CudaLocalDescriptor Local = new(Parts());

    [TestCase(DeviceKind.Cpu, 0, 0, "[device-kind] device must be cuda, got cpu (x); choose 'topk'.")]
    [TestCase(
        DeviceKind.Cuda, 75, 13000, "[architecture] compute capability must be 8.0 or higher, got 7.5; choose a cpu device.")]
    [TestCase(
        DeviceKind.Cuda,
        80,
        12020,
        "[driver-version] CUDA driver must be 12.4 or newer on other devices than compute capability 9.0, "
        + "got 12.2; update it.")]
    [TestCase(DeviceKind.Cuda, 90, 12000, null)]
    [TestCase(DeviceKind.Cuda, 80, 12040, null)]
    public void SupportsDevice_KindCapabilityDriver_SaysWhy(DeviceKind kind, int capability, int driver, string? expected)
    {
        var traits = new DeviceTraits
        {
            Id = new DeviceId(kind, 0),
            Name = "x",
            Processors = 1,
            MemoryBytes = 1,
            ComputeCapability = capability,
            DriverVersion = driver,
        };
        Assert.That(Router.SupportsDevice(traits).Refusal?.ToString(), Is.EqualTo(expected));
    }

    [TestCase(1024, 32, null)]
    [TestCase(1025, 8, "[expert-limit] experts must be at most 1024, got 1025; route on a cpu device.")]
    [TestCase(64, 33, "[top-k-limit] top-k must be 1 to 32, got 33; route on a cpu device.")]
    public void SupportsShape_ExpertsAndTopK_SaysWhy(int experts, int topK, string? expected) =>
        Assert.That(Router.SupportsShape(new MoeShape(experts, topK, 64, 64)).Refusal?.ToString(), Is.EqualTo(expected));

    [Test]
    public void SupportsRouting_TooManyGroups_SaysWhy()
    {
        var routing = RoutingSpec.For(RoutingMethod.DeepSeekV3, 64, 8);
        Assert.That(
            Router.SupportsRouting(routing).Refusal?.ToString(),
            Is.EqualTo("[routing] routing groups must be at most 32, got 64; choose 'topk' on a cpu device."));
        Assert.That(Router.SupportsRouting(RoutingSpec.For(RoutingMethod.DeepSeekV3, 32, 8)).IsYes);
    }

    [Test]
    public void SupportsParallel_AllToAll_SaysWhy()
    {
        var parallel = new ParallelSpec(dpSize: 2, epSize: 2, allToAll: AllToAllKind.AllGather);
        Assert.That(Local.SupportsParallel(parallel).Refusal?.Code, Is.EqualTo(RefusalCodes.Parallel));
        Assert.That(Local.SupportsParallel(ParallelSpec.Single).IsYes);
    }

    [Test]
    public void SupportsFormat_Batched_SaysWhy() => Assert.That(
        Local.SupportsFormat(ActivationFormat.Batched).Refusal?.ToString(),
        Is.EqualTo("[activation-format] activation format must be standard, got batched; choose a scheme of that format."));

    [Test]
    public void CreateMonolithic_Modular_IsRefused() =>
        Assert.That(() => Local.CreateMonolithic(null!), Throws.InvalidOperationException.With.Message.Contains("is modular"));

    [Test]
    public void ProgrammaticLaunch_ByDefault_IsOn() => Assert.That(new PrepareFinalizeOptions().ProgrammaticLaunch);

    internal static CudaLocalParts Parts()
    {
        var reduction = new CudaReduction(Launcher);
        return new CudaLocalParts(
            new CudaActivationQuantizer(Launcher),
            new CudaElementwise(Launcher),
            reduction,
            new CudaExpertAlignment(Launcher),
            Launcher);
    }
}
