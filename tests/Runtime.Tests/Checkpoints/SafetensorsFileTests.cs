using System.Buffers.Binary;
using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>What a well-formed file gives, and the exact texts for every way in which one can be wrong.</summary>
public sealed class SafetensorsFileTests
{
    private const string Damaged = "the file is damaged, get it again.";
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void View_WellFormedFile_PointsIntoTheMapping()
    {
        var path = _folder.WriteTensors("m", """
            {"__metadata__":{"format":"pt"},"b":{"dtype":"U8","shape":[2,3],"data_offsets":[8,14]},
             "a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"c":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]}}
            """, 14);
        using var file = SafetensorsFile.Open(path);

        Assert.Multiple(() =>
        {
            Assert.That(file.Metadata["format"], Is.EqualTo("pt"));
            Assert.That(file.Names, Is.EquivalentTo(new[] { "a", "b", "c" }));
            Assert.That(file.View("a").ToString(), Is.EqualTo("float32 [1] on cpu"));
            Assert.That(file.View("b").ToString(), Is.EqualTo("uint8 [2, 3] on cpu"));
            Assert.That(file.View("b").Pointer - file.View("a").Pointer, Is.EqualTo((nint)8));
        });
    }

    [Test]
    public void View_EveryTypeOfTheFormat_OpensAndViewsOrSaysWhyNot()
    {
        string[] types =
        [
            "BOOL", "F4", "F6_E2M3", "F6_E3M2", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "I16", "U16", "F16", "BF16", "I32",
            "U32", "F32", "C64", "F64", "I64", "U64",
        ];
        int[] bits = [8, 4, 6, 6, 8, 8, 8, 8, 8, 16, 16, 16, 16, 32, 32, 32, 64, 64, 64, 64];
        var begin = 0;
        var entries = types.Select((t, i) =>
        {
            var (start, size) = (begin, 8 * bits[i] / 8);
            begin += size;
            return $"\"{t}\":{{\"dtype\":\"{t}\",\"shape\":[2,4],\"data_offsets\":[{start},{start + size}]}}";
        });
        using var file = SafetensorsFile.Open(
            _folder.WriteTensors("m", $"{{{string.Join(',', entries)}}}", 8 * bits.Sum() / 8));

        var viewed = types.Where(
            t => t is not ("BOOL" or "F6_E2M3" or "F6_E3M2" or "I16" or "U16" or "U32" or "C64" or "F64" or "U64"));
        Assert.Multiple(() =>
        {
            foreach (var type in viewed)
            {
                Assert.That(file.View(type).Bytes, Is.EqualTo(8 * bits[Array.IndexOf(types, type)] / 8), type);
            }

            Assert.That(() => file.View("F64"), Throws.TypeOf<CheckpointException>().With.Message.StartsWith(
                $"{file.Path}: dtype of tensor 'F64' must be one that layers use, got F64; convert it to one of float32, "));
        });
    }

    [Test]
    public void View_UnknownName_ListsTheNearest()
    {
        var path = _folder.WriteTensors("m", """
            {"layers.0.up":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},
             "layers.1.up":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},
             "norm":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}
            """, 0);
        using var file = SafetensorsFile.Open(path);

        Assert.That(() => file.View("layers.2.up"), Throws.TypeOf<CheckpointException>().With.Message.EqualTo(
            $"{path}: tensor 'layers.2.up' must exist, got none among 3 tensors; "
            + "nearest are 'layers.0.up', 'layers.1.up', 'norm'."));
    }

    [Test]
    public void View_AfterDispose_Throws()
    {
        var file = SafetensorsFile.Open(_folder.WriteTensors("m", "{}", 0));
        file.Dispose();
        file.Dispose();

        Assert.That(() => file.View("a"), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Open_AbsentFile_NamesIt()
    {
        var path = _folder.Place("none");

        Assert.That(Error(path), Is.EqualTo($"{path}: the file must exist, got none; check the path."));
    }

    [TestCase(0)]
    [TestCase(7)]
    public void Open_FileWithoutLength_SaysTruncated(int bytes)
    {
        var path = _folder.Write("m", new byte[bytes]);

        Assert.That(Error(path), Is.EqualTo(
            $"{path}: the file must have at least 8 bytes, got {bytes}; "
            + "the file is truncated or no safetensors file, get it again."));
    }

    [TestCase(1UL << 63)]
    [TestCase(100UL << 30)]
    [TestCase(ulong.MaxValue)]
    [TestCase(17UL)]
    public void Open_HeaderLongerThanFile_RefusesBeforeTakingMemory(ulong length)
    {
        var bytes = new byte[24];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        var path = _folder.Write("m", bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.That(Error(path), Is.EqualTo(
            $"{path}: header length must be at most 16 bytes (the file has 24), got {length}; "
            + "the file is truncated or no safetensors file, get it again."));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    [Test]
    public void Open_TruncatedData_NamesTheTensor()
    {
        var path = _folder.WriteTensors("m", """{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 12);

        Assert.That(Error(path), Is.EqualTo(
            $"{path}: tensor 'a' must lie inside the 12 bytes of data, got bytes 0 to 16; {Damaged}"));
    }

    [TestCase("{\"a\":", "the header must be valid JSON, got an error at byte 5")]
    [TestCase("[]", "the header must be a JSON object, got StartArray")]
    [TestCase("", "the header must be valid JSON, got an error at byte 0")]
    [TestCase("{}}", "the header must be valid JSON, got an error at byte 2")]
    [TestCase("{\"a\":3}", "tensor 'a' must be a JSON object, got Number")]
    [TestCase("{\"\\ud800\":3}", "the header must be valid JSON, got an error")]
    [TestCase("{\"__metadata__\":[]}", "__metadata__ must be a JSON object of texts, got StartArray")]
    [TestCase("{\"__metadata__\":{\"k\":1}}", "__metadata__ entry 'k' must be a text, got Number")]
    [TestCase("{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}",
        "tensor 'a' must have a dtype, a shape and two data_offsets, got dtype U8, 1 sizes and no offsets")]
    [TestCase("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]}}",
        "tensor 'a' must have a dtype, a shape and two data_offsets, got dtype U8, 1 sizes and 1 offsets")]
    [TestCase("{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]}}",
        "shape of tensor 'a' must hold whole numbers from 0 to 2^63 - 1, got '-1'")]
    [TestCase("{\"a\":{\"dtype\":\"U8\",\"shape\":[1e30],\"data_offsets\":[0,1]}}",
        "shape of tensor 'a' must hold whole numbers from 0 to 2^63 - 1, got '1e30'")]
    [TestCase("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":\"x\"}}",
        "data_offsets of tensor 'a' must be a JSON array, got String")]
    [TestCase("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]}}",
        "tensor 'a' must lie inside the 8 bytes of data, got bytes 1 to 0")]
    [TestCase("{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,9223372036854775807]}}",
        "tensor 'a' must lie inside the 8 bytes of data, got bytes 0 to 9223372036854775807")]
    [TestCase("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}",
        "tensor 'a' (F32 [3]) must take 12 bytes, got 8")]
    [TestCase("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}",
        "tensor 'a' (F32 [4611686018427387904, 4]) must take a whole number of bytes below 2^63, got another size")]
    [TestCase("{\"a\":{\"dtype\":\"F4\",\"shape\":[15],\"data_offsets\":[0,8]}}",
        "tensor 'a' (F4 [15]) must take a whole number of bytes below 2^63, got another size")]
    [TestCase("{\"a\":{\"dtype\":\"U8\",\"shape\":[6],\"data_offsets\":[0,6]},"
        + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}",
        "tensors must not overlap, got 'a' up to byte 6 and 'b' at bytes 4 to 8")]
    [TestCase("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
        + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}",
        "every byte of data must belong to a tensor, got none for bytes 2 to 4")]
    [TestCase("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}",
        "every byte of data must belong to a tensor, got none for bytes 2 to 8")]
    [TestCase("{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]},"
        + "\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}",
        "tensor names must be unique, got 'a' twice")]
    public void Open_WrongHeader_SaysWhatIsWrong(string header, string expected)
    {
        var path = _folder.WriteTensors("m", header, 8);

        Assert.That(Error(path), Is.EqualTo($"{path}: {expected}; {Damaged}"));
    }

    [Test]
    public void Open_UnknownType_ListsTheKnownOnes()
    {
        var path = _folder.WriteTensors("m", """{"a":{"dtype":"Q4","shape":[8],"data_offsets":[0,8]}}""", 8);

        Assert.That(Error(path), Does.StartWith($"{path}: dtype of tensor 'a' must be one of BOOL, F4, ")
            .And.EndsWith($"U64, got 'Q4'; {Damaged}"));
    }

    [Test]
    public void Open_HeaderThatIsNoUtf8_SaysSo()
    {
        var bytes = TemporaryFolder.Tensors("{\"a\":1}", 0);
        bytes[10] = 0xff;
        var path = _folder.Write("m", bytes);

        Assert.That(Error(path), Is.EqualTo($"{path}: the header must be UTF-8 text, got other bytes; {Damaged}"));
    }

    private static string Error(string path) =>
        Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path).Dispose())!.Message;
}
