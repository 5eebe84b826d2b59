#pragma once

#include <cstdint>

constexpr uint32_t kMaxPairs = 256;  // that a block groups itself, a thread each: 8 tokens of 32 slots

constexpr uint32_t kPairWords = kMaxPairs / 32;

// The (token, slot) pairs of a call, and what says which expert of this rank each has.
struct RoutedPairs {
    const int32_t* ids;           // [num_pairs] global expert of each pair
    const int32_t* expert_map;    // [num_experts] global expert to local, or null
    const int32_t* valid_tokens;  // live tokens, or null
    uint32_t num_pairs;           // M * k, at most kMaxPairs
    uint32_t top_k;               // slots a token
    uint32_t num_experts;         // global experts
    uint32_t local_experts;       // E
};

// Some pairs, a bit each.
struct alignas(16) PairMask {
    uint32_t words[kPairWords];
};

// The pairs that have the expert of one pair, itself among them; none of a pair without an expert.
struct PairPeers {
    PairMask mask;
    uint32_t rank;  // peers before the pair
    uint32_t count;
};

// Pairs of live tokens.
__device__ __forceinline__ uint32_t count_live_pairs(const RoutedPairs& pairs) {
    if (pairs.valid_tokens == nullptr) {
        return pairs.num_pairs;
    }
    const int32_t valid = max(0, *pairs.valid_tokens);
    return static_cast<uint32_t>(min(static_cast<int64_t>(valid) * pairs.top_k, static_cast<int64_t>(pairs.num_pairs)));
}

// The local expert of a pair; -1 when its id is none or the expert is another rank's.
__device__ __forceinline__ int32_t local_expert_of(const RoutedPairs& pairs, uint32_t pair) {
    const int32_t id = pair < pairs.num_pairs ? pairs.ids[pair] : -1;
    if (id < 0 || static_cast<uint32_t>(id) >= pairs.num_experts) {
        return -1;
    }
    const int32_t local = pairs.expert_map == nullptr ? id : pairs.expert_map[id];
    return static_cast<uint32_t>(local) < pairs.local_experts ? local : -1;
}

// The peers of this thread's pair, whose local expert is `expert` or -1. Every thread of a block of kMaxPairs calls it. `masks`
// is scratch in shared memory, one for each local expert, of which only those of the call's experts are touched.
__device__ __forceinline__ PairPeers find_peers(int32_t expert, PairMask* masks) {
    const uint32_t warp = threadIdx.x / 32;
    const uint32_t lane = threadIdx.x % 32;
    PairMask& mask = masks[max(expert, 0)];
    if (expert >= 0) {
        mask = PairMask{};
    }
    __syncthreads();
    if (expert >= 0) {
        atomicOr(mask.words + warp, 1u << lane);
    }
    __syncthreads();

    PairPeers peers{expert >= 0 ? mask : PairMask{}, 0, 0};
#pragma unroll
    for (uint32_t i = 0; i < kPairWords; ++i) {
        const uint32_t earlier = i < warp ? ~0u : i == warp ? (1u << lane) - 1 : 0u;
        peers.rank += __popc(peers.mask.words[i] & earlier);
        peers.count += __popc(peers.mask.words[i]);
    }
    return peers;
}
