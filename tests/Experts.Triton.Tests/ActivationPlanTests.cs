namespace FusedMoe.Experts.Triton.Tests;

[TestFixture]
public sealed class ActivationPlanTests
{
    private static readonly float[] Values = [-9, -3, -1, -0.25f, 0, 0.25f, 1, 3, 9];

    [Test]
    public void For_FusedGates_MatchTheirPublishedFormulas()
    {
        Check(ActivationSpec.Silu, (g, u) => g * Sigmoid(g) * u);
        Check(new ActivationSpec(ActivationKind.Silu, 2), (g, u) => Silu(Math.Min(g, 2)) * Math.Clamp(u, -2, 2));
        Check(
            new ActivationSpec(ActivationKind.SwigluOai),
            (g, u) => (Math.Clamp(u, -7, 7) + 1) * Math.Min(g, 7) * Sigmoid(1.702 * Math.Min(g, 7)));
        Check(
            new ActivationSpec(ActivationKind.SwigluOaiUninterleave, 3, 1.2f, 0.5f),
            (g, u) => (Math.Clamp(u, -3, 3) + 0.5) * Math.Min(g, 3) * Sigmoid(1.2 * Math.Min(g, 3)));
        Check(new ActivationSpec(ActivationKind.SwigluStep), (g, u) => Math.Min(Silu(g), 7) * Math.Clamp(u, -7, 7));
        Check(
            new ActivationSpec(ActivationKind.GeluTanh),
            (g, u) => 0.5 * g * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (g + (0.044715 * g * g * g)))) * u);
    }

    [TestCase(ActivationKind.Relu2NoMul)]
    public void For_Relu2_IsFusedWithoutAGate(ActivationKind kind) =>
        Assert.That(ActivationPlan.For(new ActivationSpec(kind)).Form, Is.EqualTo(ActivationForm.FusedRelu2));

    private static void Check(ActivationSpec spec, Func<double, double, double> formula)
    {
        var plan = ActivationPlan.For(spec);
        Assert.That(plan.Form, Is.EqualTo(ActivationForm.FusedGate), spec.Name);
        foreach (var gate in Values)
        {
            foreach (var up in Values)
            {
                Assert.That(
                    Kernel(plan, gate, up), Is.EqualTo(formula(gate, up)).Within(1e-4), $"{spec} at g {gate}, u {up}");
            }
        }
    }

    // The formula of gated_activation in Kernels/tiles.py.
    private static double Kernel(ActivationPlan plan, double gate, double up)
    {
        var g = Math.Min(gate, plan.GateLimit);
        var u = Math.Min(Math.Max(up, -plan.UpLimit), plan.UpLimit);
        var swish = g * Sigmoid(g * (plan.Alpha + (plan.Cubic * g * g)));
        return Math.Min(swish, plan.SiluLimit) * (u + plan.Beta);
    }

    private static double Silu(double x) => x * Sigmoid(x);

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
