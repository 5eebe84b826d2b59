using System.Buffers.Binary;
using System.Text;

namespace FusedMoe.Runtime.Tests;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("fusedmoe-").FullName;

    public string Place(string name) => Path.Combine(Root, name);

    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        File.WriteAllBytes(Place(name), bytes);
        return Place(name);
    }

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    /// <summary>A safetensors file with this header and that many bytes of data behind it.</summary>
    public string WriteTensors(string name, string header, int dataBytes) => Write(name, Tensors(header, dataBytes));

    public static byte[] Tensors(string header, int dataBytes)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 8);
        return bytes;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
