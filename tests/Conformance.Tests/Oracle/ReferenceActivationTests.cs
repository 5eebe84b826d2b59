namespace FusedMoe.Conformance.Tests;

public sealed class ReferenceActivationTests
{
    /// <summary>Values from tables of the error function, to ten digits.</summary>
    [TestCase(0.5, 0.5204998778)]
    [TestCase(1.0, 0.8427007929)]
    [TestCase(2.0, 0.9953222650)]
    [TestCase(3.0, 0.9999779095)]
    [TestCase(-1.0, -0.8427007929)]
    public void Erf_OfATableValue_AgreesToTenDigits(double x, double expected) =>
        Assert.That(ReferenceActivation.Erf(x), Is.EqualTo(expected).Within(1e-10));

    [Test]
    public void Apply_SiluWithLimit_ClampsBeforeTheActivation()
    {
        var spec = new ActivationSpec(ActivationKind.Silu, limit: 1f);

        var result = ReferenceActivation.Apply(spec, [3, -5]);

        Assert.That(result[0], Is.EqualTo(-1 / (1 + Math.Exp(-1))).Within(1e-12));
    }

    [Test]
    public void Apply_SwigluStep_ClampsAfterTheActivation()
    {
        var spec = new ActivationSpec(ActivationKind.SwigluStep, limit: 1f);

        var result = ReferenceActivation.Apply(spec, [3, 0.5]);

        Assert.That(result[0], Is.EqualTo(0.5).Within(1e-12));
    }

    [Test]
    public void Apply_SwigluOai_ReadsInterleavedPairsAndAddsOneToUp()
    {
        var spec = new ActivationSpec(ActivationKind.SwigluOai);

        var result = ReferenceActivation.Apply(spec, [1, 2, 10, -10]);

        Assert.Multiple(() =>
        {
            Assert.That(result[0], Is.EqualTo(3 / (1 + Math.Exp(-1.702))).Within(1e-6));
            Assert.That(result[1], Is.EqualTo(-6 * 7 / (1 + Math.Exp(-1.702 * 7))).Within(1e-4));
        });
    }

    [Test]
    public void Apply_Uninterleaved_ReadsHalvesAndDefaultsToBetaZero()
    {
        var spec = new ActivationSpec(ActivationKind.SwigluOaiUninterleave, limit: 7f);

        var result = ReferenceActivation.Apply(spec, [1, 2, 3, 4]);

        Assert.That(result[1], Is.EqualTo(4 * 2 / (1 + Math.Exp(-2))).Within(1e-12));
    }

    [Test]
    public void Apply_Relu2NoMul_SquaresThePositivePart() =>
        Assert.That(
            ReferenceActivation.Apply(new ActivationSpec(ActivationKind.Relu2NoMul), [-2, 3]),
            Is.EqualTo(new[] { 0.0, 9.0 }));
}
