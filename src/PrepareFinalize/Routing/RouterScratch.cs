using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>One <see cref="RouterRow"/> for each worker, taken once.</summary>
internal sealed class RouterScratch : IDisposable
{
    private readonly AlignedMemory _memory;
    private readonly int _experts;
    private readonly int _groups;
    private readonly int _topK;

    public RouterScratch(int workers, int experts, int groups, int topK)
    {
        (_experts, _groups, _topK) = (experts, groups, topK);
        _memory = new AlignedMemory((long)workers * Stride * sizeof(float));
    }

    private int Padded => (_experts + RouterMath.RowAlignment - 1) / RouterMath.RowAlignment * RouterMath.RowAlignment;

    private int Stride
    {
        get
        {
            var used = (3 * Padded) + (3 * _groups) + (3 * _topK);
            return (used + RouterMath.RowAlignment - 1) / RouterMath.RowAlignment * RouterMath.RowAlignment;
        }
    }

    public RouterRow Row(int worker)
    {
        var floats = _memory.AsSpan<float>().Slice(worker * Stride, Stride);
        var ints = _memory.AsSpan<int>().Slice(worker * Stride, Stride);
        var groups = 3 * Padded;
        var slots = groups + (2 * _groups);
        var best = slots + (2 * _topK);
        return new RouterRow
        {
            Logits = floats[..Padded],
            Scores = floats[Padded..(2 * Padded)],
            Keys = floats[(2 * Padded)..groups],
            Groups = floats.Slice(groups, _groups),
            BestGroups = ints.Slice(groups + _groups, _groups),
            Ids = ints.Slice(slots, _topK),
            Weights = floats.Slice(slots + _topK, _topK),
            BestKeys = floats.Slice(best, _topK + _groups),
        };
    }

    public void Dispose() => _memory.Dispose();
}
