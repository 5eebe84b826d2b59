namespace FusedMoe.Abstractions.Tests;

public sealed class SupportTests
{
    [Test]
    public void Refusal_Text_NamesSubjectRequiredActualAndRemedy()
    {
        var refusal = new Refusal(
            RefusalCodes.HiddenAlignment, "hidden size", "a multiple of 128", "2880", "pad to 2944 or choose 'triton'");

        Assert.That(refusal.ToString(), Is.EqualTo(
            "[hidden-alignment] hidden size must be a multiple of 128, got 2880; pad to 2944 or choose 'triton'."));
    }

    [Test]
    public void Support_Default_IsYes()
    {
        Assert.That(default(Support).IsYes, Is.True);
    }
}
