using System.Runtime.InteropServices;
using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>Named tensors in native memory, for building checkpoints.</summary>
internal sealed unsafe class HostTensors : IDisposable
{
    private readonly List<KeyValuePair<string, TensorView>> _all = [];

    public IReadOnlyList<KeyValuePair<string, TensorView>> All => _all;

    public void AddFloats(string name, TensorShape shape, ReadOnlySpan<float> values) =>
        AddBytes(name, DType.Float32, shape, MemoryMarshal.AsBytes(values));

    public void AddBytes(string name, DType dtype, TensorShape shape, ReadOnlySpan<byte> bytes)
    {
        Assert.That(dtype.BytesFor(shape.Elements), Is.EqualTo(bytes.Length), name);
        var memory = (nint)NativeMemory.Alloc((nuint)Math.Max(bytes.Length, 1));
        bytes.CopyTo(new Span<byte>((void*)memory, bytes.Length));
        _all.Add(new(name, TensorView.Contiguous(memory, dtype, shape, DeviceId.Cpu)));
    }

    public void Save(string path) => SafetensorsWriter.Write(path, _all);

    public void Dispose() => _all.ForEach(t => NativeMemory.Free((void*)t.Value.Pointer));
}
