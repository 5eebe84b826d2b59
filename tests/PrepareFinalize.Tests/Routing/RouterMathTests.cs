using System.Runtime.Intrinsics;

namespace FusedMoe.PrepareFinalize.Tests.Routing;

public sealed class RouterMathTests
{
    [Test]
    public void Exp_WholeRange_IsWithinTwoUnitsOfTheTrueValue()
    {
        var worst = (Error: 0.0, X: 0f);
        for (var x = -86f; x < 88.7f; x += 0.0037f)
        {
            var error = Math.Abs((RouterMath.Exp(x) / Math.Exp(x)) - 1);
            worst = error > worst.Error ? (error, x) : worst;
        }

        Assert.That(worst.Error, Is.LessThan(2.4e-7), $"exp({worst.X})");
    }

    [TestCase(0f, 1f)]
    [TestCase(-86.1f, 0f)]
    [TestCase(float.NegativeInfinity, 0f)]
    [TestCase(88.73f, float.PositiveInfinity)]
    [TestCase(float.NaN, float.NaN)]
    public void Exp_Edges_AreAsDefined(float x, float expected)
    {
        Assert.That(RouterMath.Exp(x), Is.EqualTo(expected));
        Assert.That(RouterMath.Exp(Vector512.Create(x))[3], Is.EqualTo(expected));
    }

    [Test]
    public void Exp_VectorForm_HasTheBitsOfTheScalarForm()
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var x = (float)((random.NextDouble() * 200) - 100);
            var vector = RouterMath.Exp(Vector512.Create(x))[i % 16];
            if (BitConverter.SingleToInt32Bits(vector) != BitConverter.SingleToInt32Bits(RouterMath.Exp(x)))
            {
                Assert.Fail($"exp({x}) is {RouterMath.Exp(x)}, but {vector} in a vector.");
            }
        }
    }

    [Test]
    public void SigmoidAndSqrtSoftplus_WholeRange_AreCloseToTheTrueValue()
    {
        for (var x = -60f; x < 60f; x += 0.101f)
        {
            var sigmoid = 1 / (1 + Math.Exp(-x));
            var root = Math.Sqrt(x > 0 ? x + Math.Log(1 + Math.Exp(-x)) : LogOnePlus(Math.Exp(x)));
            Assert.That(RouterMath.Sigmoid(x), Is.EqualTo(sigmoid).Within(sigmoid * 4e-7), $"sigmoid({x})");
            Assert.That(RouterMath.SqrtSoftplus(x), Is.EqualTo(root).Within(root * 4e-7), $"sqrt(softplus({x}))");
        }

        // log(1 + y) loses all digits of a small y in float64 too; its series does not.
        static double LogOnePlus(double y) => y < 1e-5 ? y - (y * y / 2) + (y * y * y / 3) : Math.Log(1 + y);
    }

    [Test]
    public void Softmax_PaddedRow_SumsLanesInTheDocumentedOrder()
    {
        var row = Support.HostTensor.Normals(96, 3);
        row.AsSpan(70).Fill(float.NegativeInfinity);
        var result = new float[96];

        RouterMath.Softmax(row, result);

        var max = row.Max();
        var lanes = new float[32];
        for (var i = 0; i < 96; i++)
        {
            lanes[i % 32] += RouterMath.Exp(row[i] - max);
        }

        for (var width = 16; width > 0; width /= 2)
        {
            for (var lane = 0; lane < width; lane++)
            {
                lanes[lane] += lanes[lane + width];
            }
        }

        Assert.That(result, Is.EqualTo(row.Select(x => RouterMath.Exp(x - max) / lanes[0]).ToArray()));
        Assert.That(result.Sum(v => (double)v), Is.EqualTo(1.0).Within(1e-6));
    }
}
