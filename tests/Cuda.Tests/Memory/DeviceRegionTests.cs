namespace FusedMoe.Cuda.Tests.Memory;

public sealed class DeviceRegionTests
{
    private static TensorView Block(long bytes) =>
        TensorView.Contiguous(0x1000, DType.UInt8, new TensorShape(bytes), DeviceId.Cuda(0));

    [TestCase(0, 0)]
    [TestCase(1, 256)]
    [TestCase(256, 256)]
    [TestCase(257, 512)]
    public void Round_Bytes_GivesTheNextBoundary(long bytes, long expected) =>
        Assert.That(DeviceRegion.Round(bytes), Is.EqualTo(expected));

    [Test]
    public void Round_NearTheLargestNumber_ThrowsInsteadOfWrapping() =>
        Assert.That(() => DeviceRegion.Round(long.MaxValue), Throws.TypeOf<OverflowException>());

    [Test]
    public void View_InsideTheBlock_BeginsAtTheOffset()
    {
        var view = DeviceRegion.View(Block(512), 256, DType.Int32, new TensorShape(8, 8));

        Assert.Multiple(() =>
        {
            Assert.That(view.Pointer, Is.EqualTo((nint)0x1100));
            Assert.That(view.Shape, Is.EqualTo(new TensorShape(8, 8)));
            Assert.That(view.Device, Is.EqualTo(DeviceId.Cuda(0)));
        });
    }

    [TestCase(260)]
    [TestCase(-4)]
    public void View_BeyondTheBlock_NamesBothEnds(long offset) => Assert.That(
        () => DeviceRegion.View(Block(512), offset, DType.Int32, new TensorShape(64)),
        Throws.ArgumentException.With.Message.StartsWith(
            $"int32 [64] at byte {offset} must lie inside a block of 512 bytes, got an end at {offset + 256};"));
}
