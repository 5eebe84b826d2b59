namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// Says which calls the products of few tokens take, and how they fill a multiprocessor. Pure.
/// </summary>
internal static class DecodeHeuristic
{
    /// <summary>The configuration's name in options and measured tables.</summary>
    public const string Configuration = "decode";

    /// <summary>Most rows of a call: their pairs at the largest top-k are one block's threads.</summary>
    public const int MaxTokens = 8;

    /// <summary>Most (token, slot) pairs of a call; kMaxPairs of Kernels/common/pairs.cuh.</summary>
    public const int MaxPairs = 256;

    private const int PreferredTokens = 2;
    private const int PreferredTokensOfRank = 4;
    private const int FewestTokens = 2;
    private const int StagesOfFewest = 2;
    private const int StagesOfFirst = 3;
    private const int StagesOfSecond = 2;

    // What the driver keeps of a multiprocessor's shared memory for each block.
    private const int ReservedBytes = 1024;

    /// <summary>True when a call can run there.</summary>
    /// <param name="tokens">Rows of the call.</param>
    /// <param name="topK">Slots a token.</param>
    public static bool Fits(int tokens, int topK) => tokens is > 0 and <= MaxTokens && tokens * topK <= MaxPairs;

    /// <summary>
    /// True when a call should run there without a measured table. Above 2 tokens the tiles of few rows measured as quick or
    /// quicker, the more so the more tokens choose the same experts; on a rank of several, which has few pairs, above 4
    /// (benchmarks/results/cutlass-few-pairs.h100.json).
    /// </summary>
    /// <param name="tokens">Rows of the call.</param>
    /// <param name="topK">Slots a token.</param>
    /// <param name="isRank">True when other ranks have a part of the experts.</param>
    public static bool Prefers(int tokens, int topK, bool isRank) =>
        tokens <= (isRank ? PreferredTokensOfRank : PreferredTokens) && Fits(tokens, topK);

    /// <summary>
    /// The first product, one block a multiprocessor: two stages a warp for one or two tokens and three for more, which keep 64
    /// or 96 KiB of weights on their way to each multiprocessor; and the source rows where they fit.
    /// </summary>
    /// <param name="memory">Sizes that the kernel was compiled with.</param>
    /// <param name="tokens">Rows of the call.</param>
    /// <param name="rowBytes">Bytes of the source rows.</param>
    public static DecodePlan First(DecodeMemory memory, int tokens, long rowBytes)
    {
        var stages = tokens <= FewestTokens ? StagesOfFewest : StagesOfFirst;
        var rings = memory.HeaderBytes + (stages * memory.StageBytes);
        var keepsRows = rings + rowBytes <= memory.SharedBytes;
        return new DecodePlan(1, stages, keepsRows, 0, keepsRows ? rings + (int)rowBytes : rings);
    }

    /// <summary>
    /// The second product: two blocks of two stages a multiprocessor, whose rows are shorter and end more often, so that more
    /// warps are between two rows at a time. It measured up to 14 % quicker than one block of three stages, and 3 % slower only
    /// where a rank has next to no work (benchmarks/results/cutlass-decode.h100.json, 4 tokens of deepseek-v3-ep8). A block's
    /// results stay in shared memory until their slots are summed.
    /// </summary>
    /// <param name="memory">Sizes that the kernel was compiled with.</param>
    /// <param name="pairs">(Token, slot) pairs of the call, whose results a block holds until it sums over slots.</param>
    /// <param name="features">Outputs a row.</param>
    /// <param name="processors">Multiprocessors of the device.</param>
    public static DecodePlan Second(DecodeMemory memory, int pairs, int features, int processors)
    {
        const int Blocks = 2;
        var rings = memory.HeaderBytes + (StagesOfSecond * memory.StageBytes);
        var room = ((memory.SharedBytes + ReservedBytes) / Blocks) - ReservedBytes - rings;
        var units = (features + memory.UnitRows - 1) / memory.UnitRows;
        var grid = Blocks * processors;
        var unitBytes = pairs * memory.UnitRows * sizeof(float);
        var weightBytes = pairs * sizeof(float);
        var held = Math.Clamp((room - weightBytes) / unitBytes, 1, (units + grid - 1) / grid);
        return new DecodePlan(Blocks, StagesOfSecond, KeepsRows: false, held, rings + weightBytes + (held * unitBytes));
    }
}
