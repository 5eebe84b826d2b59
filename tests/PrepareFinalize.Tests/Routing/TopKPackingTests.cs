using FusedMoe.Cpu;
using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests.Routing;

public sealed class TopKPackingTests
{
    [TestCase(0, 0f, 0x0000_0000)]
    [TestCase(5, 1f, 0x0005_3F80)]
    [TestCase(300, -0.5f, 0x012C_BF00)]
    [TestCase(1023, 1.00390625f, 0x03FF_3F80)]
    [TestCase(1, 1.01171875f, 0x0001_3F82)]
    [TestCase(-1, 0.1f, unchecked((int)0xFFFF_3DCD))]
    public void Pack_IdAndWeight_FillBothHalves(int id, float weight, int expected)
    {
        using var ids = HostTensor.Of(DType.Int32, new TensorShape(1, 1), id);
        using var weights = HostTensor.Of(DType.Float32, new TensorShape(1, 1), weight);
        using var packed = new HostTensor(DType.Int32, new TensorShape(1, 1));
        Pack(ids.View, weights.View, packed.View);

        Assert.That(packed.ToArray<int>()[0], Is.EqualTo(expected));
        Assert.That(packed.ToArray<int>()[0] >> 16, Is.EqualTo(id), "shifted back");
    }

    [TestCase(2, 3, "top-k weights must be contiguous float32 [2, 2] on a cpu device, got float32 [2, 3]")]
    [TestCase(1, 2, "top-k weights must be contiguous float32 [2, 2] on a cpu device, got float32 [1, 2]")]
    public void Pack_WeightsOfAnotherShape_AreRefusedByName(int rows, int columns, string message)
    {
        using var ids = HostTensor.Of(DType.Int32, new TensorShape(2, 2), 0, 1, 2, 3);
        using var weights = HostTensor.Of(DType.Float32, new TensorShape(rows, columns), new float[rows * columns]);
        using var packed = new HostTensor(DType.Int32, new TensorShape(2, 2));

        Assert.That(
            () => Pack(ids.View, weights.View, packed.View), Throws.ArgumentException.With.Message.StartsWith(message));
    }

    private static void Pack(TensorView ids, TensorView weights, TensorView packed)
    {
        using var device = new CpuDevice();
        using var stream = device.CreateStream();
        new CpuTopKPacking().Pack(ids, weights, packed, stream);
    }
}
