using System.Text.RegularExpressions;
using FusedMoe.Host.Benchmarks;

namespace FusedMoe.Host.Tests;

public sealed class ReplayPauseTests
{
    [TestCase(20, 0, 0, Description = "Nothing ran before.")]
    [TestCase(20, 35, 1)]
    [TestCase(20, 250, 1)]
    [TestCase(20, 251, 2)]
    [TestCase(20, 4900, 20)]
    [TestCase(20, 17000, 20)]
    [TestCase(3, 17000, 3)]
    [TestCase(0, 17000, 0)]
    [TestCase(20, 1e12, 20)]
    public void MillisecondsAfter_AReplay_IsFourTimesAsLongAtMostTheLongest(
        int longest, double microseconds, int milliseconds) =>
        Assert.That(new ReplayPause(longest).MillisecondsAfter(microseconds), Is.EqualTo(milliseconds));

    [Test]
    public void On_CpuAndGpu_OnlyTheGpuRests()
    {
        Assert.That(ReplayPause.On(Device(new DeviceId(DeviceKind.Cpu, 0)), 20), Is.EqualTo(new ReplayPause(0)));
        Assert.That(ReplayPause.On(Device(DeviceId.Cuda(0)), 20), Is.EqualTo(new ReplayPause(20)));
    }

    [Test]
    public void PeersScript_ItsConstants_AreOurs()
    {
        var script = File.ReadAllText(Path.Combine(GoldenFolders.Root, "../../../benchmarks/peers/pause.py"));
        var factor = int.Parse(Regex.Match(script, @"^FACTOR = (\d+)$", RegexOptions.Multiline).Groups[1].Value);

        Assert.That(script, Does.Contain($"LONGEST_MS = {ReplayPause.DefaultMilliseconds}\n"));
        Assert.That(new ReplayPause(int.MaxValue).MillisecondsAfter(1000), Is.EqualTo(factor));
    }

    private static DeviceTraits Device(DeviceId id) => new() { Id = id, Name = "a device", Processors = 1, MemoryBytes = 1 };
}
