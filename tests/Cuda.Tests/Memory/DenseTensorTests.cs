namespace FusedMoe.Cuda.Tests.Memory;

public sealed class DenseTensorTests
{
    private static readonly TensorShape Shape = new(2, 8);

    private static TensorView View(nint pointer = 0x1000, DType dtype = DType.BFloat16) =>
        TensorView.Contiguous(pointer, dtype, Shape, DeviceId.Cuda(0));

    private static void Require(TensorView view, int alignment = 16) =>
        DenseTensor.Require("w2 bias", view, Shape, alignment, "convert it", DType.Float32, DType.BFloat16);

    [TestCase(DType.Float32)]
    [TestCase(DType.BFloat16)]
    public void Require_EitherType_IsAccepted(DType dtype) => Assert.That(() => Require(View(dtype: dtype)), Throws.Nothing);

    [Test]
    public void Require_AnyAddress_IsAcceptedWithoutAnAlignment() =>
        Assert.That(() => Require(View(0x1002), alignment: 1), Throws.Nothing);

    [Test]
    public void Require_AddressBetweenBoundaries_NamesIt() => Assert.That(
        () => Require(View(0x1002)),
        Throws.ArgumentException.With.Message.StartsWith(
            "w2 bias must be dense float32 or bf16 [2, 8] at a multiple of 16 bytes, "
            + "got bf16 [2, 8] on cuda:0 at 0x1002; convert it."));

    [TestCase(0x1000)]
    [TestCase(0x1010)]
    public void RequireAddress_Boundary_IsAccepted(int pointer) =>
        Assert.That(() => DenseTensor.RequireAddress("output", View(pointer), 16), Throws.Nothing);

    [Test]
    public void RequireAddress_BetweenBoundaries_NamesAddressAndFix() => Assert.That(
        () => DenseTensor.RequireAddress("hidden states", View(0x1008), 16),
        Throws.ArgumentException.With.Message.StartsWith(
            "hidden states must start at a multiple of 16 bytes, "
            + "got bf16 [2, 8] on cuda:0 at 0x1008; copy to such an address."));

    [Test]
    public void Require_OtherType_NamesTheTypes() => Assert.That(
        () => Require(View(dtype: DType.Float16), alignment: 1),
        Throws.ArgumentException.With.Message.StartsWith(
            "w2 bias must be dense float32 or bf16 [2, 8], got fp16 [2, 8] on cuda:0; convert it."));

    [Test]
    public void Require_PartOfRows_IsRefusedAsStrided()
    {
        var wide = TensorView.Contiguous(0x1000, DType.BFloat16, new TensorShape(2, 16), DeviceId.Cuda(0));

        Assert.That(() => Require(wide.Slice(1, 0, 8)), Throws.ArgumentException);
    }
}
