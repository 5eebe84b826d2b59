using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace FusedMoe.Cuda;

// The parameters that a cubin declares, read without a driver. A cubin is a 64-bit ELF file (elf.h); each kernel has a section
// ".nv.info.SYMBOL" of attributes, as cuobjdump --dump-elf prints them: a byte of format, a byte of kind, two bytes that are
// the value or, in format 4, the number of bytes behind. Kind 0x17 is a parameter: 4 bytes index, 2 ordinal, 2 offset, 4 flags
// with the size from bit 18 on.
internal static class CubinParameters
{
    private const string InfoPrefix = ".nv.info.";
    private const int SectionTable = 0x28;
    private const int SectionSizes = 0x3A;
    private const byte SizedFormat = 4;
    private const byte ParameterKind = 0x17;
    private const int ParameterBytes = 12;
    private const int SizeShift = 18;

    private static ReadOnlySpan<byte> Magic => [0x7F, (byte)'E', (byte)'L', (byte)'F'];

    /// <summary>True for a cubin; PTX is text.</summary>
    internal static bool IsCubin(ReadOnlySpan<byte> image) => image.StartsWith(Magic);

    /// <summary>Offset from the first parameter and size of each, in order; null when the image has no such kernel.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The image ends before something that it points to.</exception>
    internal static IReadOnlyList<(int Offset, int Size)>? Of(ReadOnlySpan<byte> image, string symbol)
    {
        var name = Encoding.ASCII.GetBytes(InfoPrefix + symbol);
        var sizes = MemoryMarshal.Cast<byte, ushort>(image.Slice(SectionSizes, 3 * sizeof(ushort)));
        var (bytes, count, namesAt) = (sizes[0], sizes[1], sizes[2]);
        var table = image.Slice(checked((int)BinaryPrimitives.ReadInt64LittleEndian(image[SectionTable..])), bytes * count);
        var names = Content(image, table.Slice(bytes * namesAt, bytes));
        for (var i = 0; i < count; i++)
        {
            var header = table.Slice(bytes * i, bytes);
            var own = names[BinaryPrimitives.ReadInt32LittleEndian(header)..];
            if (own.StartsWith(name) && own[name.Length] == 0)
            {
                return Read(Content(image, header));
            }
        }

        return null;
    }

    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> image, ReadOnlySpan<byte> header) => image.Slice(
        checked((int)BinaryPrimitives.ReadInt64LittleEndian(header[0x18..])),
        checked((int)BinaryPrimitives.ReadInt64LittleEndian(header[0x20..])));

    private static IReadOnlyList<(int Offset, int Size)> Read(ReadOnlySpan<byte> attributes)
    {
        var found = new SortedList<int, (int Offset, int Size)>();
        while (attributes.Length >= sizeof(int))
        {
            var (format, kind) = (attributes[0], attributes[1]);
            var value = BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]);
            attributes = attributes[sizeof(int)..];
            if (format != SizedFormat)
            {
                continue;
            }

            if (kind == ParameterKind && value == ParameterBytes)
            {
                var ordinal = BinaryPrimitives.ReadUInt16LittleEndian(attributes[4..]);
                var offset = BinaryPrimitives.ReadUInt16LittleEndian(attributes[6..]);
                found[ordinal] = (offset, (int)(BinaryPrimitives.ReadUInt32LittleEndian(attributes[8..]) >> SizeShift));
            }

            attributes = attributes[value..];
        }

        var first = found.Count == 0 ? 0 : found.Values[0].Offset;
        return [.. found.Values.Select(p => (p.Offset - first, p.Size))];
    }
}
