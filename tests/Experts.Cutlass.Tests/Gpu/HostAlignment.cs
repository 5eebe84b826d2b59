using System.Runtime.InteropServices;

namespace FusedMoe.Experts.Cutlass.Tests;

/// <summary>What an alignment of blocks of one row is to do, done on the host between copies.</summary>
internal sealed class HostAlignment : IExpertAlignment
{
    public DeviceKind DeviceKind => DeviceKind.Cuda;

    /// <summary>Alignments so far.</summary>
    public int Calls { get; private set; }

    public int Capacity(int pairs, int localExperts, int blockSize) => pairs;

    public long ScratchBytes(int pairs, int localExperts) => 0;

    public void Align(in ExpertAlignmentCall call, IComputeStream stream)
    {
        Calls++;
        var ids = Read(call.TopKIds, stream);
        var map = call.ExpertMap.IsNone ? null : Read(call.ExpertMap, stream);
        var (experts, globals) = (call.LocalExperts, call.GlobalExperts);
        var tokens = call.ValidTokens.IsNone ? ids.Length : Math.Max(Read(call.ValidTokens, stream)[0], 0);
        var live = tokens * call.TopKIds.Shape[1];
        int ExpertOf(int pair) =>
            pair >= live || ids[pair] < 0 || ids[pair] >= globals ? -1 : map is null ? ids[pair] : map[ids[pair]];
        var local = Enumerable.Range(0, ids.Length).Select(ExpertOf).ToArray();
        var sorted = Enumerable.Range(0, ids.Length).Where(p => local[p] >= 0).OrderBy(p => local[p]).ToList();
        var offsets = Enumerable.Range(0, experts + 1).Select(e => local.Count(l => l >= 0 && l < e));
        Write(call.SortedPairs, [.. sorted, .. Enumerable.Repeat(ids.Length, ids.Length - sorted.Count)], stream);
        Write(call.ExpertOffsets, [.. offsets], stream);
    }

    private static int[] Read(TensorView view, IComputeStream stream)
    {
        var values = new int[view.Elements];
        stream.CopyToHost(view.Pointer, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    private static void Write(TensorView view, int[] values, IComputeStream stream) =>
        stream.CopyToDevice(MemoryMarshal.AsBytes(values.AsSpan()), view.Pointer);
}
