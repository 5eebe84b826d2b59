namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// Says which calls the products of few tokens take, and how they share a multiprocessor's memory. Pure.
/// </summary>
internal static class DecodeHeuristic
{
    /// <summary>The configuration's name in options and measured tables.</summary>
    public const string Configuration = "decode";

    /// <summary>Most rows of a call: their pairs at the largest top-k are one block's threads.</summary>
    public const int MaxTokens = 8;

    /// <summary>Most (token, slot) pairs of a call; kMaxPairs of Kernels/decode/groups.cuh.</summary>
    public const int MaxPairs = 256;

    private const int PreferredPairs = 4;
    private const long PreferredBytes = 400L << 20;
    private const int Stages = 3;
    private const int StagesOfFewest = 4;
    private const int FewestTokens = 2;

    /// <summary>True when a call can run there.</summary>
    /// <param name="tokens">Rows of the call.</param>
    /// <param name="topK">Slots a token.</param>
    public static bool Fits(int tokens, int topK) => tokens is > 0 and <= MaxTokens && tokens * topK <= MaxPairs;

    /// <summary>
    /// True when a call should run there without a measured table: where few pairs, or few bytes of weights, are expected on
    /// this rank, so that the grouped products would fill only a part of the device or spend their time starting and draining
    /// (benchmarks/results/cutlass-tiles.h100.json).
    /// </summary>
    /// <param name="tokens">Rows of the call.</param>
    /// <param name="topK">Slots a token.</param>
    /// <param name="localShare">Experts of this rank over all experts.</param>
    /// <param name="expertBytes">Bytes of one expert's weights.</param>
    public static bool Prefers(int tokens, int topK, double localShare, long expertBytes)
    {
        var pairs = tokens * topK * localShare;
        return Fits(tokens, topK) && (tokens == 1 || pairs <= PreferredPairs || pairs * expertBytes <= PreferredBytes);
    }

    /// <summary>
    /// Shared memory of a product: three stages a warp, which keep about 96 KiB of weights on their way to each
    /// multiprocessor, four in the first product of one or two tokens, where they measured faster
    /// (benchmarks/results/cutlass-decode.h100.json); and the source rows where they fit.
    /// </summary>
    /// <param name="memory">Sizes that the kernel was compiled with.</param>
    /// <param name="tokens">Rows of the call.</param>
    /// <param name="rowBytes">Bytes of the first product's source rows; 0 to read rows where they are.</param>
    public static DecodePlan Plan(DecodeMemory memory, int tokens, long rowBytes)
    {
        var stages = rowBytes > 0 && tokens <= FewestTokens ? StagesOfFewest : Stages;
        var rings = memory.HeaderBytes + (stages * memory.StageBytes);
        var keepsRows = rowBytes > 0 && rings + rowBytes <= memory.SharedBytes;
        return new DecodePlan(stages, keepsRows, keepsRows ? rings + (int)rowBytes : rings);
    }
}
