using System.Buffers.Binary;
using System.Text;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Directory.CreateDirectory(Root);

    public string Root { get; } = Path.Combine(Path.GetTempPath(), $"fusedmoe-{Guid.NewGuid():N}");

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
