using FusedMoe.Cuda;

namespace FusedMoe.PrepareFinalize;

/// <summary>Alignment on a GPU: one launch for up to 2048 pairs, two above.</summary>
internal sealed class CudaExpertAlignment(CudaLauncher launcher) : IExpertAlignment
{
    private const string Whole = "sm80_any_alignment_whole";
    private const string Count = "sm80_any_alignment_count";
    private const string Place = "sm80_any_alignment_place";
    private const int WarpThreads = 32;
    private const int FewestThreads = 128;

    // Blocks of the two launches: enough to spread the work, and each reads the counts of all.
    private const int WantedChunks = 64;

    private static readonly KernelEntry Entry = CudaLauncher.Library.Manifest[Whole];
    private static readonly int ChunkPairs = Entry.Constant("chunk_pairs");
    private static readonly int MostStagedRows = Entry.Constant("staged_rows");

    // The largest block walks a whole chunk, and shared memory has counts for all its warps.
    private static readonly int PairsPerThread = ChunkPairs / Entry.Threads;
    private static readonly int Warps = Entry.Threads / WarpThreads;

    /// <summary>Most local experts that can be aligned.</summary>
    public static int MaxExperts { get; } = Entry.Constant("max_experts");

    public DeviceKind DeviceKind => DeviceKind.Cuda;

    public int Capacity(int pairs, int localExperts, int blockSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pairs);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, 1);
        var rows = Math.Min(pairs + ((long)localExperts * (blockSize - 1)), (long)pairs * blockSize);
        return checked((int)((rows + blockSize - 1) / blockSize * blockSize));
    }

    /// <summary>
    /// Bytes of scratch for calls of up to <paramref name="pairs"/> pairs; 0 when they need none. Fewer pairs can be cut into
    /// more chunks (16384 pairs of 128 experts into 64, 16385 into 52), so this counts the most that a shorter call may have.
    /// </summary>
    public static long ChunkBytes(int pairs, int localExperts) =>
        pairs <= ChunkPairs ? 0 : (long)MostChunks(pairs, localExperts) * localExperts * sizeof(int);

    public long ScratchBytes(int pairs, int localExperts) => ChunkBytes(pairs, localExperts);

    public void Align(in ExpertAlignmentCall call, IComputeStream stream)
    {
        TensorCheck.Require(call.TopKIds.Shape.Rank == 2, "top-k ids", "int32 or int64 [M, k]", call.TopKIds);
        var pairs = checked((int)call.TopKIds.Elements);
        Check(call, pairs);
        Launch(
            Bind(call.TopKIds, call.ExpertMap, call.ValidTokens, call.GlobalExperts, call.LocalExperts) with
            {
                chunk_counts = pairs <= ChunkPairs ? 0 : CudaTensors.Dense(call.Scratch, "alignment scratch"),
                sorted_pairs = CudaTensors.Dense(call.SortedPairs, DType.Int32, "sorted pairs"),
                block_experts = CudaTensors.Optional(call.BlockExperts, DType.Int32, "block experts"),
                padded_rows = CudaTensors.Optional(call.PaddedRows, DType.Int32, "padded rows"),
                expert_counts = CudaTensors.Optional(call.ExpertCounts, DType.Int32, "expert counts"),
                expert_offsets = CudaTensors.Optional(call.ExpertOffsets, DType.Int32, "expert offsets"),
                positions = CudaTensors.Optional(call.Positions, DType.Int32, "positions"),
                block_size = call.BlockSize,
                capacity = (int)call.SortedPairs.Elements,
            },
            stream);
    }

    /// <summary>
    /// Gives each pair a row in its expert's block of <paramref name="rowsPerExpert"/> rows, in token order, and
    /// counts them.
    /// </summary>
    public void AlignBatched(
        in AlignmentArgs bound, int rowsPerExpert, nint positions, nint expertCounts, IComputeStream stream) =>
        Launch(
            bound with
            {
                positions = positions,
                expert_counts = expertCounts,
                block_size = 1,
                rows_per_expert = rowsPerExpert,
            },
            stream);

    /// <summary>The arguments that describe the input.</summary>
    public static AlignmentArgs Bind(
        TensorView ids, TensorView map, TensorView valid, int globalExperts, int localExperts) => new()
        {
            ids = CudaTensors.Ids(ids),
            expert_map = CudaTensors.Optional(map, DType.Int32, "expert map"),
            valid_tokens = CudaTensors.Optional(valid, DType.Int32, "valid tokens"),
            id_bytes = ids.DType == DType.Int64 ? sizeof(long) : sizeof(int),
            pairs = checked((int)ids.Elements),
            top_k = (int)ids.Shape[-1],
            global_experts = globalExperts,
            local_experts = localExperts,
        };

    /// <summary>
    /// Bytes of dynamic shared memory for <paramref name="localExperts"/>, an expert map of <paramref name="mapLength"/>
    /// entries (0 without one) and as many staged rows; the layout of the kernel's AlignShared.
    /// </summary>
    internal static int SharedBytes(int localExperts, int mapLength, int stagedRows)
    {
        // The kernel copies a map of up to as many entries as there may be local experts.
        var stagedMap = mapLength <= MaxExperts ? mapLength : 0;
        return (((2 * localExperts) + 1 + stagedMap + stagedRows) * sizeof(int)) + (Warps * localExperts * sizeof(ushort));
    }

    /// <summary>Rows of sorted pairs that the kernel stages in shared memory: all where they fit, else none.</summary>
    internal static int StagedRows(int capacity) => capacity <= MostStagedRows ? capacity : 0;

    /// <summary>
    /// Threads of each block that aligns <paramref name="pairs"/> pairs: one an expert at least and, in whole warps, one for as
    /// many pairs as a thread walks. Up to 2048 pairs are one block's, more are spread over about 64. The fewer threads a block
    /// has, the quicker they meet.
    /// </summary>
    internal static int Threads(int pairs, int localExperts)
    {
        var pairsOfBlock = pairs <= ChunkPairs ? pairs : (int)(((long)pairs + WantedChunks - 1) / WantedChunks);
        var walkers = (pairsOfBlock + PairsPerThread - 1) / PairsPerThread;
        var wanted = Math.Max(Math.Max(localExperts, walkers), FewestThreads);
        return Math.Min((wanted + WarpThreads - 1) / WarpThreads * WarpThreads, Entry.Threads);
    }

    /// <summary>Blocks that share <paramref name="pairs"/> pairs.</summary>
    internal static int Chunks(int pairs, int localExperts) =>
        pairs <= ChunkPairs ? 1 : ChunksOf(pairs, Threads(pairs, localExperts));

    // Neither bound shrinks as pairs grow: blocks have no fewer threads than experts ask for, and they are at most WantedChunks
    // until their threads are as many as can be.
    private static int MostChunks(int pairs, int localExperts) =>
        Math.Min(ChunksOf(pairs, Threads(0, localExperts)), Math.Max(WantedChunks, ChunksOf(pairs, Entry.Threads)));

    private static int ChunksOf(int pairs, int threads)
    {
        var pairsOfChunk = PairsPerThread * threads;
        return (int)(((long)pairs + pairsOfChunk - 1) / pairsOfChunk);
    }

    private void Check(in ExpertAlignmentCall call, int pairs)
    {
        if (call.LocalExperts < 1 || call.LocalExperts > MaxExperts || call.BlockSize < 1)
        {
            throw new ArgumentException(
                $"Alignment needs 1 to {MaxExperts} local experts and blocks of at least 1 row, "
                + $"got {call.LocalExperts} and {call.BlockSize}.");
        }

        var blocks = call.SortedPairs.Elements / call.BlockSize;
        var capacity = Capacity(pairs, call.LocalExperts, call.BlockSize);
        TensorCheck.Require(
            call.SortedPairs.Elements % call.BlockSize == 0 && call.SortedPairs.Elements >= capacity,
            "sorted pairs",
            $"at least {capacity} rows in whole blocks of {call.BlockSize}",
            call.SortedPairs);
        var scratchBytes = ChunkBytes(pairs, call.LocalExperts);
        TensorCheck.Require(
            scratchBytes == 0 || call.Scratch.Bytes >= scratchBytes,
            "alignment scratch",
            $"at least {scratchBytes} bytes",
            call.Scratch);
        RequireLength(call.BlockExperts, blocks, "block experts");
        RequireLength(call.PaddedRows, 1, "padded rows");
        RequireLength(call.ValidTokens, 1, "valid tokens");
        RequireLength(call.ExpertMap, call.GlobalExperts, "expert map");
        RequireLength(call.ExpertCounts, call.LocalExperts, "expert counts");
        RequireLength(call.ExpertOffsets, call.LocalExperts + 1, "expert offsets");
        RequireLength(call.Positions, pairs, "positions");
    }

    private static void RequireLength(TensorView view, long length, string name)
    {
        if (!view.IsNone)
        {
            TensorCheck.Require(view.Elements == length, name, $"int32 [{length}]", view);
        }
    }

    private void Launch(in AlignmentArgs args, IComputeStream stream)
    {
        var mapLength = args.expert_map == 0 ? 0 : args.global_experts;
        var isWhole = args.pairs <= ChunkPairs;
        var staged = isWhole && args.sorted_pairs != 0 ? StagedRows(args.capacity) : 0;
        var launch = new KernelLaunch(Chunks(args.pairs, args.local_experts))
        {
            SharedBytes = SharedBytes(args.local_experts, mapLength, staged),
            Threads = Threads(args.pairs, args.local_experts),
        };
        if (isWhole)
        {
            launcher.Launch(Whole, args, launch, stream);
            return;
        }

        launcher.Launch(Count, args, launch, stream);
        launcher.Launch(Place, args, launch, stream);
    }
}
