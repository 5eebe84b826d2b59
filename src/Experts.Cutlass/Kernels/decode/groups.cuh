#pragma once

#include <cstdint>
#include <cutlass/arch/barrier.h>
#include "arguments.cuh"

constexpr uint32_t kMaxPairs = 256;  // 8 tokens of 32 slots, a thread each

constexpr uint32_t kPairWords = kMaxPairs / 32;

// The live pairs of a call by expert. Groups lie in the order of their first pairs, pairs in ascending order.
struct ExpertGroups {
    uint32_t count;
    uint32_t warp_totals[kPairWords];  // scratch: leaders and their pairs in each warp
    uint16_t first[kMaxPairs + 1];     // where a group's pairs start in `pairs`
    uint16_t expert[kMaxPairs];        // local expert of each group
    uint16_t pairs[kMaxPairs];
};

// The pairs of one expert, a bit each.
struct alignas(16) PairMask {
    uint32_t words[kPairWords];
};

// Pairs of live tokens.
__device__ __forceinline__ uint32_t count_live_pairs(const DecodeArgs& args) {
    if (args.valid_tokens == nullptr) {
        return args.num_pairs;
    }
    const int32_t valid = max(0, *args.valid_tokens);
    return static_cast<uint32_t>(min(static_cast<int64_t>(valid) * args.top_k, static_cast<int64_t>(args.num_pairs)));
}

// The local expert of a pair; -1 when its id is none or the expert is another rank's.
__device__ __forceinline__ int32_t local_expert_of(const DecodeArgs& args, uint32_t pair) {
    const int32_t id = pair < args.num_pairs ? args.ids[pair] : -1;
    if (id < 0 || static_cast<uint32_t>(id) >= args.num_experts) {
        return -1;
    }
    const int32_t local = args.expert_map == nullptr ? id : args.expert_map[id];
    return static_cast<uint32_t>(local) < args.local_experts ? local : -1;
}

// Groups the pairs, one a thread; every thread of the block takes part, and may read the groups afterwards. `masks` is scratch
// in shared memory, one for each local expert, of which only those of the call's experts are touched. Each expert's first pair
// leads it: leaders before it are the groups before it, and their pairs the pairs. Returns the number of pairs of live tokens.
__device__ inline uint32_t build_groups(const DecodeArgs& args, ExpertGroups& groups, PairMask* masks) {
    const uint32_t pair = threadIdx.x;
    const uint32_t warp = pair / 32;
    const uint32_t lane = pair % 32;
    const int32_t wanted = local_expert_of(args, pair);
    const uint32_t live_pairs = count_live_pairs(args);
    const int32_t expert = pair < live_pairs ? wanted : -1;
    PairMask& mask = masks[max(expert, 0)];
    if (expert >= 0) {
        mask = PairMask{};
    }
    __syncthreads();
    if (expert >= 0) {
        atomicOr(mask.words + warp, 1u << lane);
    }
    __syncthreads();

    const PairMask mine = expert >= 0 ? mask : PairMask{};
    uint32_t rank = 0;
    uint32_t size = 0;
#pragma unroll
    for (uint32_t i = 0; i < kPairWords; ++i) {
        const uint32_t earlier = i < warp ? ~0u : i == warp ? (1u << lane) - 1 : 0u;
        rank += __popc(mine.words[i] & earlier);
        size += __popc(mine.words[i]);
    }
    // Leaders in the upper half of a word, their pairs in the lower one: one prefix sum of both.
    const bool is_leader = expert >= 0 && rank == 0;
    const uint32_t own = is_leader ? 1u << 16 | size : 0u;
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
            for (uint32_t left = mine.words[i]; left != 0; left &= left - 1) {
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
