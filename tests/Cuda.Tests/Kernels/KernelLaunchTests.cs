using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda.Tests;

public sealed unsafe class KernelLaunchTests
{
    [Test]
    public void WriteAttributes_Plain_WritesNone()
    {
        var attributes = stackalloc CUlaunchAttribute[3];
        Assert.That(CudaKernel.WriteAttributes(attributes, new KernelLaunch(1), [1, 1, 1]), Is.Zero);
    }

    [Test]
    public void WriteAttributes_ClusterProgrammaticCooperative_WritesAllThree()
    {
        var attributes = stackalloc CUlaunchAttribute[3];
        var launch = new KernelLaunch(8) { IsProgrammatic = true, IsCooperative = true };
        Assert.That(CudaKernel.WriteAttributes(attributes, launch, [2, 1, 1]), Is.EqualTo(3));
        Assert.That(attributes[0].id, Is.EqualTo(CUlaunchAttributeID.CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION));
        Assert.That((attributes[0].value0, attributes[0].value1, attributes[0].value2), Is.EqualTo((2u, 1u, 1u)));
        Assert.That(attributes[1].id, Is.EqualTo(CUlaunchAttributeID.CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION));
        Assert.That(attributes[1].value0, Is.EqualTo(1));
        Assert.That(attributes[2].id, Is.EqualTo(CUlaunchAttributeID.CU_LAUNCH_ATTRIBUTE_COOPERATIVE));
    }

    [Test]
    public void Describe_LaunchOfAClusterKernel_NamesKernelGridClusterAndSharedMemory() => Assert.That(
        CudaKernel.Describe(Entry([2, 1, 1]), new KernelLaunch(132) { IsProgrammatic = true, SharedBytes = 512 }),
        Is.EqualTo("k, grid 132x1x1, programmatic, manifest block 384, cluster 2x1x1, shared 512 bytes"));

    [Test]
    public void Describe_LaunchAsTheManifestSays_NamesTheManifestsSharedMemory() => Assert.That(
        CudaKernel.Describe(Entry([1, 1, 1]), new KernelLaunch(3, 2)),
        Is.EqualTo("k, grid 3x2x1, manifest block 384, shared 1024 bytes"));

    [TestCase(90, 12030, true)]
    [TestCase(90, 12020, false)]
    [TestCase(89, 13000, false)]
    [TestCase(100, 13000, true)]
    public void CanDepend_CapabilityAndDriver_NeedsBoth(int capability, int driver, bool expected)
    {
        var traits = new DeviceTraits
        {
            Id = DeviceId.Cuda(0),
            Name = "x",
            Processors = 1,
            MemoryBytes = 1,
            ComputeCapability = capability,
            DriverVersion = driver,
        };
        Assert.That(CudaKernel.CanDepend(traits), Is.EqualTo(expected));
    }

    private static KernelEntry Entry(int[] cluster) => new()
    {
        Key = "k",
        Stem = "k",
        Symbol = "k",
        Threads = 384,
        SharedBytes = 1024,
        Cluster = cluster,
        Parameters = [],
        Sources = [],
        Sha256 = string.Empty,
        Images = [],
    };

    [Test]
    public void ToString_Launch_NamesGridAndAttributes() => Assert.That(
        new KernelLaunch(132, 2) { Threads = 384, IsProgrammatic = true }.ToString(),
        Is.EqualTo("grid 132x2x1, block 384, programmatic"));
}
