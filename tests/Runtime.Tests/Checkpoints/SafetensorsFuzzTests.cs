using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>Whatever bytes a file has, opening it gives tensors that can be read whole or a typed error.</summary>
[CancelAfter(120_000)]
public sealed class SafetensorsFuzzTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(500);
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Open_RandomBytes_GivesTensorsOrTypedErrors() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), IsReadableOrRefused).Check(Many);

    [Test]
    public void Open_MutatedBytes_GivesTensorsOrTypedErrors()
    {
        var valid = Valid();
        var mutations = Gen.Choose(0, valid.Length - 1).Zip(Gen.Choose(0, 255)).ListOf();
        Prop.ForAll(mutations.ToArbitrary(), changes =>
        {
            var bytes = (byte[])valid.Clone();
            foreach (var (place, value) in changes)
            {
                bytes[place] = (byte)value;
            }

            return IsReadableOrRefused(bytes);
        }).Check(Many);
    }

    [Test]
    public void Open_AnyTruncation_IsRefused()
    {
        var valid = Valid();
        for (var length = 0; length < valid.Length; length++)
        {
            var path = _folder.Write("t", valid.AsSpan(0, length));
            Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<CheckpointException>(), $"{length} bytes");
        }
    }

    [Test]
    public void Open_AnyHeaderLength_GivesTensorsOrTypedErrors()
    {
        var valid = Valid();
        Prop.ForAll(ArbMap.Default.ArbFor<ulong>(), length =>
        {
            var bytes = (byte[])valid.Clone();
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
            return IsReadableOrRefused(bytes);
        }).Check(Many);
    }

    [Test]
    public void Open_RandomEntries_GivesTensorsOrTypedErrors()
    {
        var size = Gen.OneOf(Gen.Choose(0, 20).Select(n => (long)n), Gen.Elements(-1L, 1L << 31, 1L << 62, long.MaxValue));
        var type = Gen.Elements("U8", "F32", "F4", "F6_E2M3", "F64", "BOOL", "X");
        var entry = type.Zip(size.ListOf()).Zip(size.Zip(size));
        Prop.ForAll(entry.ListOf().ToArbitrary(), entries =>
        {
            var texts = entries.Select(
                (e, i) => $"\"{i}\":{{\"dtype\":\"{e.Item1.Item1}\",\"shape\":[{string.Join(',', e.Item1.Item2)}],"
                + $"\"data_offsets\":[{e.Item2.Item1},{e.Item2.Item2}]}}");
            return IsReadableOrRefused(TemporaryFolder.Tensors($"{{{string.Join(',', texts)}}}", 20));
        }).Check(Many);
    }

    private static byte[] Valid() => TemporaryFolder.Tensors(
        """
        {"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},
         "b":{"dtype":"U8","shape":[4],"data_offsets":[16,20]}}
        """,
        20);

    private bool IsReadableOrRefused(byte[] bytes)
    {
        var path = _folder.Write("f", bytes);
        try
        {
            using var file = SafetensorsFile.Open(path);
            long sum = 0;
            foreach (var name in file.Names)
            {
                sum += Sum(file, name);
            }

            return sum >= 0;
        }
        catch (CheckpointException e)
        {
            return e.Message.StartsWith(path, StringComparison.Ordinal) && Encoding.UTF8.GetByteCount(e.Message) < 2000;
        }
    }

    private static long Sum(SafetensorsFile file, string name)
    {
        try
        {
            var view = file.View(name);
            long sum = 0;
            foreach (var value in view.Reinterpret(DType.UInt8, new(view.Bytes)).AsSpan<byte>())
            {
                sum += value;
            }

            return sum;
        }
        catch (CheckpointException)
        {
            // Types and ranks without a view are refused one by one.
            return 0;
        }
    }
}
