using Microsoft.Extensions.Options;

namespace FusedMoe.Experts.Cutlass.Tests;

/// <summary>Building blocks of other plugins that the experts of each format need.</summary>
public sealed class CutlassDescriptorTests
{
    private static readonly IExpertAlignment Alignment = new RecordingAlignment();

    [TestCase(true, true, null)]
    [TestCase(false, true, "expert alignment on cuda")]
    [TestCase(true, false, "weighted sum on cuda")]
    [TestCase(false, false, "expert alignment on cuda")]
    public void SupportsDevice_Standard_NeedsAlignmentAndSum(bool aligns, bool sums, string? missing)
    {
        var descriptor = new CutlassExpertsDescriptor(Services(aligns, sums, DeviceKind.Cuda));

        Assert.That(
            descriptor.SupportsDevice(TestDevices.Gpu(90)).Refusal?.ToString(),
            Is.EqualTo(missing is null ? null : Missing(missing)));
    }

    [Test]
    public void SupportsDevice_SumOfAnotherKindOfDevice_IsNone()
    {
        var descriptor = new CutlassExpertsDescriptor(Services(aligns: true, sums: true, DeviceKind.Cpu));

        Assert.That(
            descriptor.SupportsDevice(TestDevices.Gpu(90)).Refusal?.ToString(),
            Is.EqualTo(Missing("weighted sum on cuda")));
    }

    [Test]
    public void SupportsDevice_Batched_NeedsNeither()
    {
        var descriptor = new CutlassBatchedExpertsDescriptor(Services(aligns: false, sums: false, DeviceKind.Cuda));

        Assert.That(descriptor.SupportsDevice(TestDevices.Gpu(90)).Refusal?.ToString(), Is.Null);
    }

    private static string Missing(string service) =>
        $"[cutlass.device-service] {service} must be registered, got none; load the prepare-finalize plugin.";

    private static CutlassServices Services(bool aligns, bool sums, DeviceKind kindOfSum) => new(
        Options.Create(new CutlassOptions()), aligns ? [Alignment] : [], [], sums ? [new Sums(kindOfSum)] : []);

    private sealed class Sums(DeviceKind kind) : ITopKWeightAndReduceProvider
    {
        public DeviceKind DeviceKind => kind;

        public ITopKWeightAndReduce Create(WeightAndReduceSpec spec, IComputeDevice device) =>
            throw new NotSupportedException("Nothing is created by a query.");
    }
}
