#pragma once

#include <cute/tensor.hpp>
#include "../mainloop/scheduler.cuh"
#include "../mainloop/traits.cuh"

// Packs two float32 into the operand type, rounding to nearest even.
template <class Element>
__device__ __forceinline__ uint32_t pack_pair(float low, float high) {
    if constexpr (cute::is_same_v<Element, cutlass::bfloat16_t>) {
        uint32_t packed;
        asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
        return packed;
    } else {
        uint32_t packed;
        asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
        return packed;
    }
}

// The bits of the bias of one feature of one half, 0 without a bias.
__device__ __forceinline__ uint32_t bias_bits(
    const GroupedGemmArgs& args, uint32_t expert, uint32_t halves, uint32_t half, uint32_t feature) {
    if (args.bias == nullptr || feature >= args.features) {
        return 0;
    }
    const size_t column = args.is_interleaved != 0 ? 2 * feature + half : half * args.features + feature;
    const size_t index = static_cast<size_t>(expert) * halves * args.features + column;
    return args.bias_kind == 0 ? __ldg(static_cast<const uint32_t*>(args.bias) + index)
                               : __ldg(static_cast<const uint16_t*>(args.bias) + index);
}

// The bias of this thread's four features. It is read before the products and made a number after them, so that nobody waits
// for it.
template <class Traits>
struct TileBias {
    uint32_t bits[2][2];

    __device__ __forceinline__ TileBias(const GroupedGemmArgs& args, const WorkTile& tile, uint32_t consumer) {
        const uint32_t feature = first_feature<Traits>(tile, consumer) + threadIdx.x % 128 / 32 * 16 + threadIdx.x % 32 / 4;
#pragma unroll
        for (uint32_t i = 0; i < 4; ++i) {
            const uint32_t row = feature + (i % 2) * 8;
            bits[i / 2][i % 2] = Traits::kIsGated ? bias_bits(args, tile.expert, 2, i / 2, row)
                                                  : bias_bits(args, tile.expert, 1, 0, row + i / 2 * 64);
        }
    }

    __device__ __forceinline__ void add_to(
        const GroupedGemmArgs& args, typename Traits::Sums& first, typename Traits::Sums& second) const {
        if (args.bias == nullptr) {
            return;
        }
        float values[2][2];
#pragma unroll
        for (uint32_t i = 0; i < 4; ++i) {
            const uint32_t raw = bits[i / 2][i % 2];
            values[i / 2][i % 2] = args.bias_kind == 0
                ? __uint_as_float(raw)
                : static_cast<float>(Traits::Element::bitcast(static_cast<uint16_t>(raw)));
        }
#pragma unroll
        for (uint32_t i = 0; i < Traits::BLOCK_TOKENS / 2; ++i) {
            first[i] += values[0][i / 2 % 2];
            second[i] += values[1][i / 2 % 2];
        }
    }
};

// Turns 64 features x kStagingTokens results, as a warpgroup holds them (Traits::Sums), into rows of the output: packed,
// transposed through shared memory by stmatrix, written 16 bytes at a time.
template <class Traits>
__device__ __forceinline__ void store_box(
    const GroupedGemmArgs& args, const WorkTile& tile, const uint32_t* outputs, uint32_t first_token, uint32_t box_feature,
    typename Traits::Element* staging, uint32_t barrier_id, const uint32_t (&results)[Traits::kStagingTokens / 4]) {
    using Element = typename Traits::Element;
    const uint32_t thread = threadIdx.x % 128;
    const uint32_t warp = thread / 32;
    const uint32_t lane = thread % 32;

    // Staging is free when every thread of the warpgroup has read the previous box.
    asm volatile("bar.sync %0, 128;" ::"r"(barrier_id) : "memory");
#pragma unroll
    for (uint32_t group = 0; group < Traits::kStagingTokens / 8; ++group) {
        const uint32_t token = group * 8 + lane % 8;
        const uint32_t feature_chunk = 2 * warp + (lane / 8) % 2;
        const uint32_t address = static_cast<uint32_t>(
            __cvta_generic_to_shared(staging + token * 64 + (feature_chunk ^ (token % 8)) * 8));
        asm volatile("stmatrix.sync.aligned.m8n8.x2.trans.shared::cta.b16 [%0], {%1, %2};" ::"r"(address),
                     "r"(results[2 * group]), "r"(results[2 * group + 1])
                     : "memory");
    }
    asm volatile("bar.sync %0, 128;" ::"r"(barrier_id) : "memory");

    constexpr uint32_t kPasses = (Traits::kStagingTokens * 8 + 127) / 128;
    const uint32_t chunk = thread % 8;
    const uint32_t feature = box_feature + chunk * 8;
#pragma unroll
    for (uint32_t pass = 0; pass < kPasses; ++pass) {
        const uint32_t token = pass * 16 + thread / 8;
        if (token < Traits::kStagingTokens && first_token + token < tile.rows && feature < args.features) {
            const uint4 value = *reinterpret_cast<const uint4*>(staging + token * 64 + (chunk ^ (token % 8)) * 8);
            const size_t offset = static_cast<size_t>(outputs[first_token + token]) * args.features + feature;
            *reinterpret_cast<uint4*>(static_cast<Element*>(args.output) + offset) = value;
        }
    }
}

// Activation and rounding of one tile's sums, then the stores, kStagingTokens tokens at a time.
template <class Traits>
__device__ __forceinline__ void store_tile(
    const GroupedGemmArgs& args, const WorkTile& tile, const uint32_t* outputs, uint32_t consumer,
    typename Traits::SharedStorage& shared, const typename Traits::Sums& first, const typename Traits::Sums& second) {
    using Element = typename Traits::Element;
    constexpr uint32_t kResults = Traits::kStagingTokens / 4;
    Element* staging = shared.staging + consumer * Traits::kStagingTokens * 64;
    const uint32_t barrier_id = 1 + consumer;
    const uint32_t feature = first_feature<Traits>(tile, consumer);
    uint32_t results[kResults];
#pragma unroll
    for (uint32_t token = 0; token < Traits::BLOCK_TOKENS; token += Traits::kStagingTokens) {
        if (token >= tile.rows) {
            break;
        }
        const uint32_t sum = token / 2;
        if constexpr (Traits::kIsGated) {
#pragma unroll
            for (uint32_t i = 0; i < kResults; ++i) {
                const uint32_t j = sum + 2 * i;
                const float low = Traits::Activation::apply(args, first[j], second[j]);
                const float high = Traits::Activation::apply(args, first[j + 1], second[j + 1]);
                results[i] = pack_pair<Element>(low, high);
            }
            store_box<Traits>(args, tile, outputs, token, feature, staging, barrier_id, results);
        } else {
#pragma unroll
            for (uint32_t box = 0; box < 2; ++box) {
                const auto& sums = box == 0 ? first : second;
#pragma unroll
                for (uint32_t i = 0; i < kResults; ++i) {
                    const uint32_t j = sum + 2 * i;
                    results[i] = pack_pair<Element>(sums[j], sums[j + 1]);
                }
                store_box<Traits>(args, tile, outputs, token, feature + box * 64, staging, barrier_id, results);
            }
        }
    }
}
