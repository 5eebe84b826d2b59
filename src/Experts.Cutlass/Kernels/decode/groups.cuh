#pragma once

#include <cstdint>
#include "arguments.cuh"

constexpr uint32_t kMaxPairs = 256;  // 8 tokens of 32 slots, a thread each

// The live pairs of a call by expert. Groups lie in the order of their first pairs, pairs in ascending order.
struct ExpertGroups {
    uint32_t count;
    uint16_t first[kMaxPairs + 1];  // where a group's pairs start in `pairs`
    uint16_t expert[kMaxPairs];     // local expert of each group
    uint16_t pairs[kMaxPairs];
    int16_t expert_of[kMaxPairs];   // scratch: local expert of each pair, -1 for dead ones
    uint16_t leader_of[kMaxPairs];  // scratch: first pair of the same expert
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

// Groups the pairs, one a thread; every thread of the block takes part, and may read the groups afterwards. Returns the
// number of pairs of live tokens.
__device__ inline uint32_t build_groups(const DecodeArgs& args, ExpertGroups& groups) {
    const uint32_t pair = threadIdx.x;
    const int32_t wanted = local_expert_of(args, pair);
    const uint32_t live_pairs = count_live_pairs(args);
    const int32_t expert = pair < live_pairs ? wanted : -1;
    groups.expert_of[pair] = static_cast<int16_t>(expert);
    __syncthreads();

    uint32_t leader = pair;
    uint32_t rank = 0;
    if (expert >= 0) {
        for (uint32_t other = 0; other < pair; ++other) {
            const bool is_same = groups.expert_of[other] == expert;
            leader = is_same && rank == 0 ? other : leader;
            rank += is_same;
        }
    }
    const bool is_leader = expert >= 0 && leader == pair;
    groups.leader_of[pair] = static_cast<uint16_t>(expert >= 0 ? leader : kMaxPairs);
    const uint32_t count = __syncthreads_count(is_leader);

    uint32_t place = rank;
    uint32_t group = 0;
    if (expert >= 0) {
        for (uint32_t other = 0; other < live_pairs; ++other) {
            const uint32_t other_leader = groups.leader_of[other];
            place += other_leader < leader;
            group += other_leader == other && other < leader;
        }
        groups.pairs[place] = static_cast<uint16_t>(pair);
    }
    if (is_leader) {
        groups.first[group] = static_cast<uint16_t>(place);
        groups.expert[group] = static_cast<uint16_t>(expert);
    }
    const uint32_t grouped = __syncthreads_count(expert >= 0);
    if (pair == 0) {
        groups.count = count;
        groups.first[count] = static_cast<uint16_t>(grouped);
    }
    __syncthreads();
    return live_pairs;
}
