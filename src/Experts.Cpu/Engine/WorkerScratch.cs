using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu;

/// <summary>
/// Scratch of one worker, taken once: results of a tile, its bias, addresses of its rows, a decoded weight tile.
/// </summary>
internal sealed unsafe class WorkerScratch : IDisposable
{
    private readonly AlignedMemory _memory;

    /// <summary>Takes scratch for tiles of <paramref name="plan"/>.</summary>
    public WorkerScratch(TilePlan plan)
    {
        var results = sizeof(float) * (long)TilePlan.RowChunk * plan.ResultStride;
        var bias = sizeof(float) * (long)plan.ResultStride;
        var rows = sizeof(nint) * (long)TilePlan.RowChunk;
        _memory = new AlignedMemory(results + bias + rows + plan.DecodedBytes);
        _memory.Clear();
        Results = (float*)_memory.Pointer;
        Bias = (float*)(_memory.Pointer + (nint)results);
        Rows = (byte**)(_memory.Pointer + (nint)(results + bias));
        Decoded = (float*)(_memory.Pointer + (nint)(results + bias + rows));
    }

    /// <summary>Results of up to <see cref="TilePlan.RowChunk"/> rows.</summary>
    public float* Results { get; }

    /// <summary>Bias of a tile, laid out as a row of results.</summary>
    public float* Bias { get; }

    /// <summary>Addresses of input rows.</summary>
    public byte** Rows { get; }

    /// <summary>Decoded weight rows, padded.</summary>
    public float* Decoded { get; }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
