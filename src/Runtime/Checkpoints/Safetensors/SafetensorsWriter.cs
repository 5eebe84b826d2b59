using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace FusedMoe.Runtime.Checkpoints;

/// <summary>Writes safetensors files.</summary>
public static class SafetensorsWriter
{
    private const int Alignment = 8;
    private const int Chunk = 1 << 24;

    /// <summary>
    /// Writes contiguous host tensors in the given order. The file appears whole or not at all: it is written beside
    /// its place and moved there.
    /// </summary>
    /// <param name="path">File to write; replaced when it exists.</param>
    /// <param name="tensors">Names and contiguous tensors in host memory.</param>
    /// <param name="metadata">Texts for <c>__metadata__</c>, or null for none.</param>
    /// <exception cref="ArgumentException">
    /// A name appears twice, or a tensor is strided, elsewhere or of a packed integer type.
    /// </exception>
    /// <exception cref="CheckpointException">The path cannot be written.</exception>
    public static void Write(
        string path,
        IReadOnlyList<KeyValuePair<string, TensorView>> tensors,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        var header = Header(tensors, metadata);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(header);
                foreach (var (_, tensor) in tensors)
                {
                    WriteBytes(stream, tensor);
                }
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }

            throw CheckpointException.Must(
                path, "the file", "be writable", e.GetType().Name, "check the folder and its permissions", e);
        }
    }

    private static byte[] Header(
        IReadOnlyList<KeyValuePair<string, TensorView>> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
            long begin = 0;
            foreach (var (name, tensor) in tensors)
            {
                Check(name, tensor, names.Add(name));
                WriteEntry(json, name, tensor, begin);
                begin = checked(begin + tensor.Bytes);
            }

            json.WriteEndObject();
        }

        var padded = (buffer.WrittenCount + Alignment - 1) / Alignment * Alignment;
        var header = new byte[Alignment + padded];
        BinaryPrimitives.WriteInt64LittleEndian(header, padded);
        buffer.WrittenSpan.CopyTo(header.AsSpan(Alignment));
        header.AsSpan(Alignment + buffer.WrittenCount).Fill((byte)' ');
        return header;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is { Count: > 0 })
        {
            json.WriteStartObject("__metadata__");
            foreach (var (key, value) in metadata)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }
    }

    private static void WriteEntry(Utf8JsonWriter json, string name, TensorView tensor, long begin)
    {
        json.WriteStartObject(name);
        json.WriteString("dtype", SafetensorsTypes.NameOf(tensor.DType));
        json.WriteStartArray("shape");
        for (var i = 0; i < tensor.Shape.Rank; i++)
        {
            json.WriteNumberValue(tensor.Shape[i]);
        }

        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(begin);
        json.WriteNumberValue(begin + tensor.Bytes);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Check(string name, TensorView tensor, bool isNew)
    {
        if (!isNew)
        {
            throw new ArgumentException($"Tensor names must be unique and not __metadata__, got '{name}' again.");
        }

        if (tensor.IsNone || !tensor.IsContiguous || tensor.Device.Kind != DeviceKind.Cpu)
        {
            throw new ArgumentException($"Tensor '{name}' must be contiguous in host memory, got {tensor}.");
        }
    }

    private static unsafe void WriteBytes(Stream stream, TensorView tensor)
    {
        for (long done = 0; done < tensor.Bytes; done += Chunk)
        {
            var count = (int)Math.Min(Chunk, tensor.Bytes - done);
            stream.Write(new ReadOnlySpan<byte>((byte*)tensor.Pointer + done, count));
        }
    }
}
