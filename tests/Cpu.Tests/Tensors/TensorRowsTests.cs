namespace FusedMoe.Cpu.Tests.Tensors;

public sealed class TensorRowsTests
{
    [Test]
    public void ReadAndWrite_StridedRows_TouchTheirOwnElementsOnly()
    {
        using var memory = new AlignedMemory(2 * 5 * sizeof(ushort));
        memory.AsSpan<ushort>().Fill(0xFFFF);
        var view = new TensorView(
            memory.Pointer, DType.BFloat16, new TensorShape(2, 3), new TensorShape(5, 1), DeviceId.Cpu);
        var rows = new TensorRows(view, "rows");
        var read = new float[2];

        rows.Write(1, [1f, 2f, 3f]);
        rows.Read(1, read, column: 1);

        Assert.That((rows.Rows, rows.Columns, rows.DType), Is.EqualTo((2, 3, DType.BFloat16)));
        Assert.That(read, Is.EqualTo(new[] { 2f, 3f }));
        Assert.That(memory.AsSpan<ushort>()[5..8].ToArray(), Is.EqualTo(new ushort[] { 0x3F80, 0x4000, 0x4040 }));
        Assert.That(memory.AsSpan<ushort>()[..5].ToArray(), Is.All.EqualTo(0xFFFF));
        Assert.That(memory.AsSpan<ushort>()[8..].ToArray(), Is.All.EqualTo(0xFFFF));
    }

    [Test]
    public void Constructor_OtherRankOrStride_NamesTheTensor()
    {
        var vector = TensorView.Contiguous(8, DType.Float32, new TensorShape(4), DeviceId.Cpu);
        var columns = new TensorView(8, DType.Float32, new TensorShape(2, 2), new TensorShape(1, 2), DeviceId.Cpu);
        var elsewhere = TensorView.Contiguous(8, DType.Float32, new TensorShape(2, 2), DeviceId.Cuda(0));

        foreach (var view in new[] { vector, columns, elsewhere })
        {
            Assert.That(
                () => new TensorRows(view, "logits"),
                Throws.ArgumentException.With.Message.EqualTo(
                    $"logits must be a cpu tensor of rank 2 with contiguous columns, got {view}."));
        }
    }
}
