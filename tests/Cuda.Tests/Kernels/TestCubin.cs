using System.Buffers.Binary;
using System.Text;

namespace FusedMoe.Cuda.Tests;

/// <summary>The least of an ELF file that a kernel's parameters can be read from.</summary>
internal static class TestCubin
{
    private const int HeaderBytes = 64;
    private const int SectionBytes = 64;

    /// <summary>One kernel with parameters of these sizes, each at a multiple of its own.</summary>
    public static byte[] Of(string symbol, params int[] sizes)
    {
        var names = Encoding.ASCII.GetBytes($"\0.nv.info\0.nv.info.{symbol}2\0.nv.info.{symbol}\0");
        var info = Info(sizes);
        var (namesAt, infoAt) = (HeaderBytes, HeaderBytes + names.Length);
        var file = new byte[infoAt + info.Length + (4 * SectionBytes)];
        "\u007fELF"u8.CopyTo(file);
        var table = infoAt + info.Length;
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(0x28), table);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x3A), SectionBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x3C), 4);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x3E), 1);
        names.CopyTo(file.AsSpan(namesAt));
        info.CopyTo(file.AsSpan(infoAt));
        Section(file.AsSpan(table + SectionBytes), 0, namesAt, names.Length);
        Section(file.AsSpan(table + (2 * SectionBytes)), 10, infoAt, 0);
        Section(file.AsSpan(table + (3 * SectionBytes)), 10 + 11 + symbol.Length, infoAt, info.Length);
        return file;
    }

    private static void Section(Span<byte> header, int name, int offset, int bytes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(header, name);
        BinaryPrimitives.WriteInt64LittleEndian(header[0x18..], offset);
        BinaryPrimitives.WriteInt64LittleEndian(header[0x20..], bytes);
    }

    // As compilers write them: the last parameter first, among attributes of other kinds and formats.
    private static byte[] Info(int[] sizes)
    {
        var offsets = new List<int>();
        var end = 0;
        foreach (var size in sizes)
        {
            offsets.Add((end + size - 1) / size * size);
            end = offsets[^1] + size;
        }

        var bytes = new List<byte> { 3, 0x1B, 255, 0, 4, 0x37, 4, 0, 1, 2, 3, 4 };
        for (var i = sizes.Length - 1; i >= 0; i--)
        {
            var parameter = new byte[16];
            (parameter[0], parameter[1], parameter[2]) = (4, 0x17, 12);
            BinaryPrimitives.WriteUInt16LittleEndian(parameter.AsSpan(8), (ushort)i);
            BinaryPrimitives.WriteUInt16LittleEndian(parameter.AsSpan(10), (ushort)(offsets[i] + 16));
            BinaryPrimitives.WriteInt32LittleEndian(parameter.AsSpan(12), (sizes[i] << 18) | 0x1F000);
            bytes.AddRange(parameter);
        }

        return [.. bytes];
    }
}
