using System.Runtime.InteropServices;

namespace FusedMoe.Host.Layers;

/// <summary>
/// Random bf16 expert weights of any size in little time: one block of normal numbers, laid end to end. Its length is a
/// prime, so that no two rows of a layer are alike, and every weight can be computed again on the host.
/// </summary>
internal sealed class SyntheticWeights
{
    private const int BlockLength = 8_388_593;
    private readonly ushort[] _block = new ushort[BlockLength];

    /// <summary>Weights of N(0, 0.02²), the usual initializer.</summary>
    public SyntheticWeights(int seed) => new RandomTensors(seed).FillBFloat16(_block, 0.02f);

    /// <summary>Weights of <paramref name="localExperts"/> experts of <paramref name="layer"/> on a device.</summary>
    public SyntheticLayer OnDevice(MoeLayerSpec layer, int localExperts, IComputeDevice device, IComputeStream stream) =>
        Build(layer, localExperts, device, (memory, start) => Repeat(memory, start, stream));

    /// <summary>The weights of <paramref name="experts"/> alone, in that order, on the CPU <paramref name="device"/>.</summary>
    public SyntheticLayer Gather(MoeLayerSpec layer, ReadOnlySpan<int> experts, IComputeDevice device)
    {
        var list = experts.ToArray();
        var sizes = Sizes(layer);
        return Build(layer, list.Length, device, (memory, start) =>
        {
            var tensor = Array.FindIndex(sizes, s => s.Start == start);
            var perExpert = sizes[tensor].PerExpert;
            var target = SpanOf(memory, list.Length * perExpert);
            for (var e = 0; e < list.Length; e++)
            {
                CopyFrom(start + (list[e] * perExpert), target.Slice(checked((int)(e * perExpert)), checked((int)perExpert)));
            }
        });
    }

    private static (long Start, long PerExpert)[] Sizes(MoeLayerSpec layer)
    {
        var (_, _, hidden, intermediate) = layer.Shape;
        long n = layer.GateUpSize;
        return [(0, n * hidden), (1_000_003, (long)hidden * intermediate), (2_000_003, n), (3_000_017, hidden)];
    }

    private static SyntheticLayer Build(MoeLayerSpec layer, int experts, IComputeDevice device, Action<IDeviceMemory, long> fill)
    {
        var sizes = Sizes(layer);
        var owned = new List<IDeviceMemory>();
        var (hidden, intermediate) = (layer.Shape.Hidden, layer.Shape.Intermediate);
        TensorView Tensor(int index, TensorShape shape)
        {
            var memory = device.Allocate(DType.BFloat16.BytesFor(shape.Elements), "Synthetic expert weights");
            owned.Add(memory);
            fill(memory, sizes[index].Start);
            return TensorView.Contiguous(memory.Pointer, DType.BFloat16, shape, memory.Device);
        }

        var bias = layer.Features.HasExpertBias;
        var weights = new ExpertWeights
        {
            W13 = Tensor(0, new TensorShape(experts, layer.GateUpSize, hidden)),
            W2 = Tensor(1, new TensorShape(experts, hidden, intermediate)),
            W13Bias = bias ? Tensor(2, new TensorShape(experts, layer.GateUpSize)) : TensorView.None,
            W2Bias = bias ? Tensor(3, new TensorShape(experts, hidden)) : TensorView.None,
        };
        return new SyntheticLayer(new MoeLayerWeights { Experts = weights }, owned);
    }

    private static unsafe Span<ushort> SpanOf(IDeviceMemory memory, long elements) =>
        new((void*)memory.Pointer, checked((int)elements));

    private void Repeat(IDeviceMemory memory, long start, IComputeStream stream)
    {
        var bytes = memory.Bytes;
        var head = new ushort[(int)Math.Min(BlockLength, bytes / 2)];
        CopyFrom(start, head);
        stream.CopyToDevice(MemoryMarshal.AsBytes<ushort>(head), memory.Pointer);
        for (long done = 2L * head.Length; done < bytes;)
        {
            var length = Math.Min(done / (2L * BlockLength) * 2L * BlockLength, bytes - done);
            stream.Copy(memory.Pointer, memory.Pointer + (nint)done, length);
            done += length;
        }
    }

    private void CopyFrom(long start, Span<ushort> target)
    {
        for (var done = 0; done < target.Length;)
        {
            var offset = (int)((start + done) % BlockLength);
            var length = Math.Min(BlockLength - offset, target.Length - done);
            _block.AsSpan(offset, length).CopyTo(target[done..]);
            done += length;
        }
    }
}
