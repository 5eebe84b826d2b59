#pragma once

#include "stream.cuh"

// Two packed elements as float32.
template <class Element>
__device__ __forceinline__ float2 unpack(uint32_t packed) {
    if constexpr (sizeof(Element) == 2 && cutlass::platform::is_same<Element, cutlass::bfloat16_t>::value) {
        return {__uint_as_float(packed << 16), __uint_as_float(packed & 0xffff0000u)};
    } else {
        return __half22float2(reinterpret_cast<const __half2&>(packed));
    }
}

// Eight packed elements as float32.
template <class Element>
__device__ __forceinline__ void unpack(const uint4& packed, float (&values)[8]) {
    const uint32_t words[4] = {packed.x, packed.y, packed.z, packed.w};
#pragma unroll
    for (uint32_t i = 0; i < 4; ++i) {
        const float2 pair = unpack<Element>(words[i]);
        values[2 * i] = pair.x;
        values[2 * i + 1] = pair.y;
    }
}

// Sums each of kCount values over the lanes of a warp, always in the same order; the sum of value i is left in sums[0] of
// the lanes with lane / (32 / kCount) == i. Each exchange halves the values that a lane has.
template <uint32_t kCount, uint32_t kDistance = 16, uint32_t kArray>
__device__ __forceinline__ void sum_over_lanes(float (&sums)[kArray]) {
    constexpr uint32_t kHalf = kCount / 2;
    if constexpr (kHalf > 0) {
        const bool is_upper = (threadIdx.x & kDistance) != 0;
#pragma unroll
        for (uint32_t i = 0; i < kHalf; ++i) {
            const float sent = is_upper ? sums[i] : sums[i + kHalf];
            const float kept = is_upper ? sums[i + kHalf] : sums[i];
            sums[i] = kept + __shfl_xor_sync(~0u, sent, kDistance);
        }
    } else {
        sums[0] += __shfl_xor_sync(~0u, sums[0], kDistance);
    }
    if constexpr (kDistance > 1) {
        sum_over_lanes<kHalf, kDistance / 2>(sums);
    }
}

// Where a warp's multiplication stands in its ring.
struct RingCursor {
    const uint8_t* ring;
    uint64_t* full;
    uint32_t stage = 0;
    uint32_t parity = 0;

    __device__ __forceinline__ void advance(uint32_t num_stages) {
        if (++stage == num_stages) {
            stage = 0;
            parity ^= 1;
        }
    }
};

// Adds one step of kTokens source rows times kRows weight rows to the sums, eight elements a lane in ascending order.
template <class Traits, uint32_t kTokens>
__device__ __forceinline__ void multiply_step(const uint8_t* weights, const uint4* rows, float* sums) {
    using Element = typename Traits::Element;
    float values[kTokens][8];
#pragma unroll
    for (uint32_t token = 0; token < kTokens; ++token) {
        unpack<Element>(rows[token], values[token]);
    }
#pragma unroll
    for (uint32_t row = 0; row < Traits::kRows; ++row) {
        float weight[8];
        unpack<Element>(*reinterpret_cast<const uint4*>(weights + row * Traits::kRowBytes), weight);
#pragma unroll
        for (uint32_t token = 0; token < kTokens; ++token) {
#pragma unroll
            for (uint32_t i = 0; i < 8; ++i) {
                sums[token * Traits::kRows + row] = fmaf(weight[i], values[token][i], sums[token * Traits::kRows + row]);
            }
        }
    }
}

// The source rows' elements of one step of this lane.
template <uint32_t kTokens>
__device__ __forceinline__ void read_rows(const uint8_t* const* rows, uint32_t offset, uint4* values) {
#pragma unroll
    for (uint32_t token = 0; token < kTokens; ++token) {
        values[token] = *reinterpret_cast<const uint4*>(rows[token] + offset);
    }
}

// Multiplies one unit's weight rows, as they come through the ring, by kTokens source rows. `rows` are this lane's addresses
// in them. Source rows are read before the wait for the weights where registers allow, else a few at a time.
template <class Traits, uint32_t kTokens>
__device__ __forceinline__ void multiply_unit(
    const DecodeArgs& args, const uint8_t* const (&rows)[kTokens], RingCursor& cursor, WeightStream<Traits>& stream,
    float (&sums)[kTokens * Traits::kRows]) {
    constexpr uint32_t kSteps = Traits::kSteps;
    constexpr bool kReadsAhead = kTokens <= 2;
    constexpr uint32_t kAtOnce = kTokens < 4 ? kTokens : 4;
    constexpr uint32_t kElementBytes = sizeof(typename Traits::Element);
    const uint32_t lane = threadIdx.x % 32;
#pragma unroll
    for (uint32_t i = 0; i < kTokens * Traits::kRows; ++i) {
        sums[i] = 0.0f;
    }
#pragma unroll 1
    for (uint32_t chunk = 0; chunk < args.size_k; chunk += Traits::kChunk) {
        const uint32_t first = chunk + lane * 8;
        uint4 values[kReadsAhead ? kSteps : 1][kAtOnce];
        if constexpr (kReadsAhead) {
#pragma unroll
            for (uint32_t step = 0; step < kSteps; ++step) {
                const uint32_t k = first + step * Traits::kStep;
                if (k < args.size_k) {
                    read_rows<kTokens>(rows, k * kElementBytes, values[step]);
                }
            }
        }
        cutlass::arch::ClusterBarrier::wait(cursor.full + cursor.stage, cursor.parity);
        const uint8_t* weights = cursor.ring + cursor.stage * Traits::kStageBytes + lane * 16;
#pragma unroll
        for (uint32_t step = 0; step < kSteps; ++step) {
            const uint32_t k = first + step * Traits::kStep;
            const uint8_t* step_weights = weights + step * Traits::kStep * kElementBytes;
            if (k >= args.size_k) {
                break;
            }
            if constexpr (kReadsAhead) {
                multiply_step<Traits, kTokens>(step_weights, values[step], sums);
            } else {
#pragma unroll
                for (uint32_t token = 0; token < kTokens; token += kAtOnce) {
                    read_rows<kAtOnce>(rows + token, k * kElementBytes, values[0]);
                    multiply_step<Traits, kAtOnce>(step_weights, values[0], sums + token * Traits::kRows);
                }
            }
        }
        // The stage is free when every lane has read it.
        __syncwarp();
        stream.issue();
        cursor.advance(args.num_stages);
    }
}
