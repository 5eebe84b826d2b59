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
    public void ToString_Launch_NamesGridAndAttributes() => Assert.That(
        new KernelLaunch(132, 2) { Threads = 384, IsProgrammatic = true }.ToString(),
        Is.EqualTo("grid 132x2x1, block 384, programmatic"));
}
