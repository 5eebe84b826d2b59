namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Cuts one scratch buffer into aligned pieces. Started at 0 it measures, started at the buffer it places, so both
/// always agree.
/// </summary>
internal struct ScratchArena(nint start)
{
    private const int Alignment = 64;

    /// <summary>Where the next piece starts.</summary>
    public nint Next { get; private set; } = start;

    /// <summary>The farthest end of any piece.</summary>
    public nint End { get; private set; } = start;

    /// <summary>A piece of <paramref name="elements"/> elements of <paramref name="dtype"/>.</summary>
    public nint Take(DType dtype, long elements)
    {
        var piece = Next;
        Next += checked((nint)((dtype.BytesFor(elements) + Alignment - 1) / Alignment * Alignment));
        End = Math.Max(End, Next);
        return piece;
    }

    /// <summary>
    /// Goes back to <paramref name="mark"/>: what was taken since then is dead when the next pieces are written.
    /// </summary>
    public void Rewind(nint mark) => Next = mark;
}
