using FusedMoe.Host.Benchmarks;

namespace FusedMoe.Host.Tests;

public sealed class CeilingTableTests
{
    private static readonly PeerCeilings Peers = new(TerabytesPerSecond: 2, TeraflopsPerSecond: 500);

    [TestCase(3.0, 700.0, 3e12, 700e12, "given on the command line")]
    [TestCase(3.0, null, 3e12, 500e12, "bandwidth given on the command line; arithmetic measured with the peers")]
    [TestCase(null, 700.0, 2e12, 700e12, "arithmetic given on the command line; bandwidth measured with the peers")]
    [TestCase(null, null, 2e12, 500e12, "measured with the peers")]
    public void Of_WhatIsGivenAndMeasured_SaysWhichIsWhich(
        double? terabytes, double? teraflops, double bytes, double operations, string source)
    {
        var ceilings = CeilingTable.Of(null!, Deployment("a GPU"), terabytes, teraflops, Peers, default);

        Assert.That(ceilings, Is.EqualTo(new DeviceCeilings(bytes, operations, source)));
    }

    [Test]
    public void Of_BandwidthOfAnUnknownDevice_LeavesArithmeticUnbounded()
    {
        var ceilings = CeilingTable.Of(null!, Deployment("a GPU"), 3, null, null, default);

        Assert.That(
            ceilings,
            Is.EqualTo(new DeviceCeilings(
                3e12, double.PositiveInfinity, "bandwidth given on the command line; arithmetic not bounded")));
    }

    [TestCase(0.0, null, "--bandwidth must be a number above 0 TB/s, got 0.")]
    [TestCase(3.0, -1.0, "--compute must be a number above 0 TFLOP/s, got -1.")]
    [TestCase(double.PositiveInfinity, null, "--bandwidth must be a number above 0 TB/s, got Infinity.")]
    public void Of_CeilingThatNothingReaches_NamesTheOption(double? terabytes, double? teraflops, string message) =>
        Assert.That(
            () => CeilingTable.Of(null!, Deployment("a GPU"), terabytes, teraflops, Peers, default),
            Throws.ArgumentException.With.Message.EqualTo(message));

    private static DeploymentSpec Deployment(string device) => new()
    {
        Device = new DeviceTraits { Id = DeviceId.Cuda(0), Name = device, Processors = 1, MemoryBytes = 1 },
    };
}
