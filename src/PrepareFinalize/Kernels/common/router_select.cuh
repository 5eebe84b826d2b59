// Selection by key inside one warp: lane l holds experts l, l + 32, … of one token.
#pragma once

#include "common/router_math.cuh"

namespace moe {

// Best of this lane's keys; ties go to the lower expert.
template <int kPerLane>
__device__ __forceinline__ void lane_best(const uint32_t (&keys)[kPerLane], uint32_t& key, int& index) {
    key = keys[0];
    index = 0;
#pragma unroll
    for (int v = 1; v < kPerLane; v++) {
        if (keys[v] > key) {
            key = keys[v];
            index = v;
        }
    }
}

// Takes the `count` best experts by falling key, ties to the lower id; lane j returns the j-th id, others -1.
template <int kPerLane>
__device__ __forceinline__ int warp_top_k(uint32_t (&keys)[kPerLane], int count) {
    const int lane = threadIdx.x % 32;
    int mine = -1;
    uint32_t key;
    int index;
    lane_best(keys, key, index);
#pragma unroll 1
    for (int j = 0; j < count; j++) {
        const uint32_t best = __reduce_max_sync(kAllLanes, key);
        const int candidate = key == best ? index * 32 + lane : INT32_MAX;
        const int winner = __reduce_min_sync(kAllLanes, candidate);
        if (lane == j) {
            mine = winner;
        }
        if (winner % 32 == lane) {
#pragma unroll
            for (int v = 0; v < kPerLane; v++) {
                keys[v] = v == index ? 0u : keys[v];
            }
            lane_best(keys, key, index);
        }
    }
    return mine;
}

// Score of one group of neighbours in shared memory: its best key, or the sum of its two best.
__device__ __forceinline__ float group_score(const float* keys, int size, bool is_sum_of_two) {
    float best = negative_infinity();
    float second = negative_infinity();
#pragma unroll 1
    for (int i = 0; i < size; i++) {
        const float key = keys[i];
        if (key > best) {
            second = best;
            best = key;
        } else if (key > second) {
            second = key;
        }
    }
    return is_sum_of_two && size > 1 ? best + second : best;
}

// The kept groups as a bit mask; at most 32 groups, `keys` holds the row's keys in order.
__device__ __forceinline__ uint32_t warp_kept_groups(
    const float* keys, int groups, int size, int kept, bool is_sum_of_two) {
    const int lane = threadIdx.x % 32;
    uint32_t key[1] = {lane < groups ? ordered(group_score(keys + lane * size, size, is_sum_of_two)) : 0u};
    const int group = warp_top_k(key, kept);
    return __reduce_or_sync(kAllLanes, group >= 0 ? 1u << group : 0u);
}

}  // namespace moe
