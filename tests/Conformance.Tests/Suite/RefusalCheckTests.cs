namespace FusedMoe.Conformance.Tests;

public sealed class RefusalCheckTests
{
    [TestCase("hidden-alignment")]
    [TestCase("cutlass.smem-budget")]
    public void Require_AProperRefusal_Passes(string code) =>
        Assert.DoesNotThrow(() => RefusalCheck.Require("x", Refusal(code: code)));

    [TestCase("")]
    [TestCase("Hidden Alignment")]
    [TestCase("a.b.c")]
    public void Require_ACodeThatIsNotKebabCase_Fails(string code) =>
        Assert.Throws<CaseFailedException>(() => RefusalCheck.Require("x", Refusal(code: code)));

    [TestCase("", "a", "b")]
    [TestCase("hidden size", " ", "b")]
    [TestCase("hidden size", "a", "")]
    [TestCase("hidden size", "same", "same")]
    [TestCase("hidden size", "a multiple of 128!", "3")]
    [TestCase("hidden size", "a multiple of 128", "3.")]
    public void Require_AMissingOrBadlyWordedPart_Fails(string subject, string required, string actual) =>
        Assert.Throws<CaseFailedException>(() => RefusalCheck.Require("x", Refusal(subject, required, actual)));

    private static Refusal Refusal(
        string subject = "hidden size",
        string required = "a multiple of 128",
        string actual = "2880",
        string code = "hidden-alignment") =>
        new(new RefusalCode(code), subject, required, actual, "pad to 2944");
}
