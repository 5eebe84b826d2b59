namespace FusedMoe.Conformance.Tests;

/// <summary>
/// The suite finds what it claims to find: a right backend passes, each seeded fault fails where it should.
/// </summary>
public sealed class FaultTests
{
    [Test]
    public void Discover_ARightBackend_PassesEveryCase()
    {
        using var host = new FakeHost(Fault.None);

        var failures = host.Discover().Select(c => (c.Id, Result: c.Run())).Where(r => !r.Result.IsAcceptable);

        Assert.That(failures.Select(f => $"{f.Id}: {f.Result.Detail}"), Is.Empty);
    }

    [Test]
    public void Discover_ATypeThatIsRefusedOnTheDevice_HasNoCaseOfIt()
    {
        using var host = new FakeHost(Fault.None);

        Assert.Multiple(() =>
        {
            Assert.That(host.Discover("dtype/bf16").Select(c => c.Id), Is.Not.Empty);
            Assert.That(host.Discover("dtype/float32").Select(c => c.Id), Is.Empty);
            Assert.That(host.Discover("configurations/").Select(c => c.Id), Has.None.Contain("float32"));
        });
    }

    [TestCase(Fault.IgnoresTheLimit, "activation/silu-limit")]
    [TestCase(Fault.WeightsTwice, "shape/m1-e8")]
    [TestCase(Fault.WritesItsInput, "integrity/inputs-unmodified")]
    [TestCase(Fault.LeavesRowsUnwritten, "expert-ids/all-ids-invalid")]
    [TestCase(Fault.TrustsIds, "expert-ids/invalid-ids")]
    [TestCase(Fault.Allocates, "allocation/managed-heap")]
    [TestCase(Fault.ExceedsItsWorkspace, "workspace/declared-shapes-suffice-base")]
    [TestCase(Fault.IsNotRepeatable, "repeatability/same-kernel")]
    [TestCase(Fault.LeaksBadRows, "containment/nan-row")]
    [TestCase(Fault.DependsOnTheBatch, "batch-invariance")]
    [TestCase(Fault.ShrinksItsWorkspace, "workspace/shapes-never-shrink")]
    [TestCase(Fault.IgnoresTheMap, "expert-map/permuted")]
    [TestCase(Fault.RefusesWithoutReason, "experts:fake-experts/refusals/activation")]
    [TestCase(Fault.ThrowsInAQuery, "experts:fake-experts/refusals/parallel")]
    [TestCase(Fault.ThrowsForADevice, "experts:fake-experts/refusals/quantization-on-device")]
    [TestCase(Fault.WeightsOnInputToo, "features/router-weight-on-input")]
    [TestCase(Fault.IgnoresTheBias, "features/bias-silu")]
    [TestCase(Fault.WrongFloat16, "dtype/fp16")]
    [TestCase(Fault.WrongConfiguration, "configurations/odd-fp16")]
    [TestCase(Fault.TakesAnyCall, "arguments/experts-call")]
    [TestCase(Fault.TakesAnyBias, "weights/wrong-bias")]
    [TestCase(Fault.TakesAnyDevice, "weights/wrong-base")]
    [TestCase(Fault.ForgetsWhatIsWanted, "weights/wrong-base")]
    [TestCase(Fault.ThrowsAnotherError, "weights/wrong-base")]
    public void Run_OfAFaultyBackend_FailsTheCaseOfThatFault(Fault fault, string text)
    {
        using var faulty = new FakeHost(fault);
        using var right = new FakeHost(Fault.None);

        var failed = faulty.Discover(text).Select(c => c.Run()).ToArray();
        var passed = right.Discover(text).Select(c => c.Run()).ToArray();

        Assert.Multiple(() =>
        {
            Assert.That(failed.Count(r => r.Outcome == ConformanceOutcome.Failed), Is.GreaterThan(0));
            Assert.That(passed.Select(r => r.Outcome), Has.All.EqualTo(ConformanceOutcome.Passed));
        });
    }
}
