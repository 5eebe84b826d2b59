#pragma once

#include <cstdint>
#include <cutlass/arch/barrier.h>
#include "../common/pairs.cuh"
#include "arguments.cuh"

// The live pairs of a call by expert. Groups lie in the order of their first pairs, pairs in ascending order.
struct ExpertGroups {
    uint32_t count;
    uint32_t warp_totals[kPairWords];  // scratch: leaders and their pairs in each warp
    uint16_t first[kMaxPairs + 1];     // where a group's pairs start in `pairs`
    uint16_t expert[kMaxPairs];        // local expert of each group
    uint16_t pairs[kMaxPairs];
};

// The pairs of a call.
__device__ __forceinline__ RoutedPairs pairs_of(const DecodeArgs& args) {
    return {args.ids, args.expert_map, args.valid_tokens, args.num_pairs, args.top_k, args.num_experts, args.local_experts};
}

// Groups at most 32 pairs; one warp calls it, a lane a pair.
__device__ __forceinline__ void group_in_warp(int32_t expert, ExpertGroups& groups) {
    const uint32_t lane = threadIdx.x;
    const uint32_t peers = __match_any_sync(~0u, expert);
    const uint32_t rank = __popc(peers & ((1u << lane) - 1));
    const bool is_leader = expert >= 0 && rank == 0;
    const uint32_t leaders = __ballot_sync(~0u, is_leader);
    const uint32_t own = is_leader ? __popc(peers) : 0;
    uint32_t inclusive = own;
#pragma unroll
    for (uint32_t step = 1; step < 32; step *= 2) {
        const uint32_t other = __shfl_up_sync(~0u, inclusive, step);
        inclusive += lane >= step ? other : 0u;
    }
    const uint32_t first = __shfl_sync(~0u, inclusive - own, __ffs(peers) - 1);
    if (is_leader) {
        const uint32_t group = __popc(leaders & ((1u << lane) - 1));
        groups.first[group] = static_cast<uint16_t>(first);
        groups.expert[group] = static_cast<uint16_t>(expert);
    }
    if (expert >= 0) {
        groups.pairs[first + rank] = static_cast<uint16_t>(lane);
    }
    if (lane == 31) {
        groups.count = __popc(leaders);
        groups.first[__popc(leaders)] = static_cast<uint16_t>(inclusive);
    }
}

// Groups the pairs, one a thread; every thread of the block takes part, and may read the groups afterwards. `masks` is scratch
// in shared memory, one for each local expert, of which only those of the call's experts are touched. Each expert's first pair
// leads it: leaders before it are the groups before it, and their pairs the pairs. Returns the number of pairs of live tokens.
__device__ inline uint32_t build_groups(const DecodeArgs& args, ExpertGroups& groups, PairMask* masks) {
    const RoutedPairs routed = pairs_of(args);
    const uint32_t pair = threadIdx.x;
    const uint32_t warp = pair / 32;
    const uint32_t lane = pair % 32;
    const int32_t wanted = local_expert_of(routed, pair);
    const uint32_t live_pairs = count_live_pairs(routed);
    const int32_t expert = pair < live_pairs ? wanted : -1;
    if (args.num_pairs <= 32) {
        if (warp == 0) {
            group_in_warp(expert, groups);
        }
        __syncthreads();
        return live_pairs;
    }
    const PairPeers peers = find_peers(expert, masks);
    // Leaders in the upper half of a word, their pairs in the lower one: one prefix sum of both.
    const bool is_leader = expert >= 0 && peers.rank == 0;
    const uint32_t own = is_leader ? 1u << 16 | peers.count : 0u;
    uint32_t inclusive = own;
#pragma unroll
    for (uint32_t step = 1; step < 32; step *= 2) {
        const uint32_t other = __shfl_up_sync(~0u, inclusive, step);
        inclusive += lane >= step ? other : 0u;
    }
    if (lane == 31) {
        groups.warp_totals[warp] = inclusive;
    }
    __syncthreads();

    uint32_t before = inclusive - own;
    uint32_t total = 0;
#pragma unroll
    for (uint32_t i = 0; i < kPairWords; ++i) {
        before += i < warp ? groups.warp_totals[i] : 0u;
        total += groups.warp_totals[i];
    }
    if (is_leader) {
        uint32_t next = before & 0xffff;
        groups.first[before >> 16] = static_cast<uint16_t>(next);
        groups.expert[before >> 16] = static_cast<uint16_t>(expert);
#pragma unroll
        for (uint32_t i = 0; i < kPairWords; ++i) {
            for (uint32_t left = peers.mask.words[i]; left != 0; left &= left - 1) {
                groups.pairs[next++] = static_cast<uint16_t>(i * 32 + __ffs(left) - 1);
            }
        }
    }
    if (pair == 0) {
        groups.count = total >> 16;
        groups.first[total >> 16] = static_cast<uint16_t>(total & 0xffff);
    }
    // Bulk copies will write where the masks are.
    cutlass::arch::fence_view_async_shared();
    __syncthreads();
    return live_pairs;
}
