#pragma once

#include <cstdint>
#include <cutlass/arch/barrier.h>
#include "../common/arguments.cuh"
#include "../common/pairs.cuh"

// Where the rows and the row tiles of each expert begin, in shared memory; entry num_experts is the end.
struct TileTable {
    uint32_t first_row[kMaxExperts + 1];
    uint32_t first_tile[kMaxExperts + 1];
    uint16_t pairs[kMaxPairs];  // by expert, of calls whose blocks group them
};

// The pairs of a call whose blocks group them.
__device__ __forceinline__ RoutedPairs pairs_of(const GroupedGemmArgs& args) {
    return {args.ids, args.expert_map, args.valid_tokens, args.num_pairs, args.top_k, args.global_experts, args.num_experts};
}

// Rows of one expert that are in use.
__device__ __forceinline__ uint32_t rows_of(const GroupedGemmArgs& args, uint32_t expert) {
    if (args.expert_counts != nullptr) {
        return min(static_cast<uint32_t>(max(0, __ldg(args.expert_counts + expert))), args.rows_per_expert);
    }
    return static_cast<uint32_t>(__ldg(args.expert_offsets + expert + 1) - __ldg(args.expert_offsets + expert));
}

// Makes prefix sums of the rows of each expert e, which stand in first_row[e + 1], and of its tiles. One warp calls it, whose
// lanes have neighbouring experts each.
template <class Traits>
__device__ __forceinline__ void sum_rows(const GroupedGemmArgs& args, TileTable& table) {
    const uint32_t lane = threadIdx.x % 32;
    const uint32_t each = (args.num_experts + 31) / 32;
    const uint32_t begin = min(lane * each, args.num_experts);
    const uint32_t end = min(begin + each, args.num_experts);
    const auto tiles_of = [](uint32_t rows) { return (rows + Traits::kTileTokens - 1) / Traits::kTileTokens; };
    uint32_t rows = 0;
    uint32_t tiles = 0;
    for (uint32_t expert = begin; expert < end; ++expert) {
        rows += table.first_row[expert + 1];
        tiles += tiles_of(table.first_row[expert + 1]);
    }
    uint32_t rows_before = rows;
    uint32_t tiles_before = tiles;
#pragma unroll
    for (uint32_t step = 1; step < 32; step *= 2) {
        const uint32_t other_rows = __shfl_up_sync(0xffffffffu, rows_before, step);
        const uint32_t other_tiles = __shfl_up_sync(0xffffffffu, tiles_before, step);
        rows_before += lane >= step ? other_rows : 0;
        tiles_before += lane >= step ? other_tiles : 0;
    }
    rows_before -= rows;
    tiles_before -= tiles;
    for (uint32_t expert = begin; expert < end; ++expert) {
        const uint32_t own = table.first_row[expert + 1];
        rows_before += own;
        tiles_before += tiles_of(own);
        table.first_row[expert + 1] = rows_before;
        table.first_tile[expert + 1] = tiles_before;
    }
    if (lane == 0) {
        table.first_row[0] = 0;
        table.first_tile[0] = 0;
    }
}

// Fills the table from tables in device memory: every thread of the block reads its experts' rows, so that all reads are under
// way at once, and one warp sums them.
template <class Traits>
__device__ __forceinline__ void read_tile_table(const GroupedGemmArgs& args, TileTable& table) {
    for (uint32_t expert = threadIdx.x; expert < args.num_experts; expert += Traits::kThreads) {
        table.first_row[expert + 1] = rows_of(args, expert);
    }
    __syncthreads();
    if (threadIdx.x < 32) {
        sum_rows<Traits>(args, table);
    }
}

// Fills the table and its pairs from the ids, a pair a thread: experts ascend, and the pairs of each. `masks` is scratch for
// find_peers.
template <class Traits>
__device__ __forceinline__ void group_pairs(const GroupedGemmArgs& args, TileTable& table, PairMask* masks) {
    static_assert(Traits::kThreads == kMaxPairs, "a thread groups one pair");
    const RoutedPairs routed = pairs_of(args);
    const uint32_t pair = threadIdx.x;
    for (uint32_t expert = threadIdx.x; expert < args.num_experts; expert += Traits::kThreads) {
        table.first_row[expert + 1] = 0;
    }
    const int32_t wanted = local_expert_of(routed, pair);
    const int32_t expert = pair < count_live_pairs(routed) ? wanted : -1;
    const PairPeers peers = find_peers(expert, masks);
    if (expert >= 0 && peers.rank == 0) {
        table.first_row[expert + 1] = peers.count;
    }
    // Bulk copies will write where the masks are.
    cutlass::arch::fence_view_async_shared();
    __syncthreads();
    if (threadIdx.x < 32) {
        sum_rows<Traits>(args, table);
    }
    __syncthreads();
    if (expert >= 0) {
        table.pairs[table.first_row[expert] + peers.rank] = static_cast<uint16_t>(pair);
    }
}

// Fills the table. The block must meet at a barrier before it reads it. `scratch` is memory of the block that nothing uses yet,
// a PairMask for each expert.
template <class Traits>
__device__ __forceinline__ void fill_tile_table(const GroupedGemmArgs& args, TileTable& table, void* scratch) {
    if constexpr (Traits::kGroupsPairs) {
        if (args.ids != nullptr) {
            group_pairs<Traits>(args, table, static_cast<PairMask*>(scratch));
            return;
        }
    }
    read_tile_table<Traits>(args, table);
}
