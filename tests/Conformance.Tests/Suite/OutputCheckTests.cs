namespace FusedMoe.Conformance.Tests;

public sealed class OutputCheckTests
{
    [Test]
    public void RequireClose_NaN_FailsWithItsCoordinate()
    {
        var error = Assert.Throws<CaseFailedException>(
            () => OutputCheck.RequireClose("output", [1, 2, 3, float.NaN], [1, 2, 3, 4], 2, 100));

        Assert.That(error.Message, Is.EqualTo("output: every element must be written and finite, got NaN at [1, 1]."));
    }

    [Test]
    public void RequireClose_OneWrongRowAmongMany_Fails()
    {
        var expected = Enumerable.Repeat(1.0, 4000).ToArray();
        var actual = expected.Select(v => (float)v).ToArray();
        actual[2001] = 1.2f;

        var error = Assert.Throws<CaseFailedException>(
            () => OutputCheck.RequireClose("output", actual, expected, 4, 0.01));

        Assert.That(error.Message, Does.Contain("row 500").And.Contains("[500, 1]: 1.2 for 1"));
    }

    [Test]
    public void RequireClose_ZerosForZeros_Passes() =>
        Assert.That(OutputCheck.RequireClose("output", [0, 0], [0, 0], 2, 0.01), Does.StartWith("relative error 0"));

    [Test]
    public void RequireClose_AnythingForZeros_Fails() =>
        Assert.Throws<CaseFailedException>(() => OutputCheck.RequireClose("output", [0, 1e-6f], [0, 0], 2, 0.01));

    [Test]
    public void RequireSameBits_OneBitOff_FailsWithItsCoordinate()
    {
        var error = Assert.Throws<CaseFailedException>(
            () => OutputCheck.RequireSameBits("output", [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 0], DType.BFloat16, 2));

        Assert.That(error.Message, Does.Contain("first difference at [1, 0]"));
    }
}
