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

// The bias of one feature of one half, 0 without a bias.
template <class Element>
__device__ __forceinline__ float bias_of(
    const GroupedGemmArgs& args, uint32_t expert, uint32_t halves, uint32_t half, uint32_t feature) {
    if (args.bias == nullptr || feature >= args.features) {
        return 0.0f;
    }
    const size_t column = args.is_interleaved != 0 ? 2 * feature + half : half * args.features + feature;
    const size_t index = static_cast<size_t>(expert) * halves * args.features + column;
    return args.bias_kind == 0 ? static_cast<const float*>(args.bias)[index]
                               : static_cast<float>(static_cast<const Element*>(args.bias)[index]);
}

// Turns 64 features x BLOCK_TOKENS results, as a warpgroup holds them, into rows of the output: packed, transposed through
// shared memory by stmatrix, written 16 bytes at a time. `results` holds, for each group of 8 tokens, the four values
// (feature r, token c), (r, c + 1), (r + 8, c), (r + 8, c + 1) with r = 16 * warp + lane / 4 and c = 2 * (lane % 4).
template <class Traits>
__device__ __forceinline__ void store_box(
    const GroupedGemmArgs& args, const TileScheduler<Traits>& scheduler, const WorkTile& tile, uint32_t first_feature,
    typename Traits::Element* staging, uint32_t barrier_id, const uint32_t (&results)[Traits::BLOCK_TOKENS / 4]) {
    using Element = typename Traits::Element;
    const uint32_t thread = threadIdx.x % 128;
    const uint32_t warp = thread / 32;
    const uint32_t lane = thread % 32;

    // Staging is free when every thread of the warpgroup has read the previous box.
    asm volatile("bar.sync %0, 128;" ::"r"(barrier_id) : "memory");
#pragma unroll
    for (uint32_t group = 0; group < Traits::BLOCK_TOKENS / 8; ++group) {
        const uint32_t token = group * 8 + lane % 8;
        const uint32_t feature_chunk = 2 * warp + (lane / 8) % 2;
        const uint32_t address = static_cast<uint32_t>(
            __cvta_generic_to_shared(staging + token * 64 + (feature_chunk ^ (token % 8)) * 8));
        asm volatile("stmatrix.sync.aligned.m8n8.x2.trans.shared::cta.b16 [%0], {%1, %2};" ::"r"(address),
                     "r"(results[2 * group]), "r"(results[2 * group + 1])
                     : "memory");
    }
    asm volatile("bar.sync %0, 128;" ::"r"(barrier_id) : "memory");

    constexpr uint32_t kPasses = (Traits::BLOCK_TOKENS * 8 + 127) / 128;
    const uint32_t chunk = thread % 8;
    const uint32_t feature = first_feature + chunk * 8;
    uint32_t pairs[kPasses];
#pragma unroll
    for (uint32_t pass = 0; pass < kPasses; ++pass) {
        const uint32_t token = pass * 16 + thread / 8;
        pairs[pass] = token < Traits::BLOCK_TOKENS ? scheduler.pair_of(tile, token) : args.num_pairs;
    }
#pragma unroll
    for (uint32_t pass = 0; pass < kPasses; ++pass) {
        const uint32_t token = pass * 16 + thread / 8;
        if (pairs[pass] < args.num_pairs && feature < args.features) {
            const uint4 value = *reinterpret_cast<const uint4*>(staging + token * 64 + (chunk ^ (token % 8)) * 8);
            const size_t offset = static_cast<size_t>(pairs[pass]) * args.features + feature;
            *reinterpret_cast<uint4*>(static_cast<Element*>(args.output) + offset) = value;
        }
    }
}

// Bias, activation and rounding of one tile's accumulators, then the stores.
template <class Traits, class Accumulator>
__device__ __forceinline__ void store_tile(
    const GroupedGemmArgs& args, const TileScheduler<Traits>& scheduler, const WorkTile& tile, uint32_t consumer,
    typename Traits::SharedStorage& shared, const Accumulator& first, const Accumulator& second) {
    using Element = typename Traits::Element;
    const uint32_t lane_row = (threadIdx.x % 128) / 32 * 16 + (threadIdx.x % 32) / 4;
    Element* staging = shared.staging + consumer * Traits::BLOCK_TOKENS * 64;
    const uint32_t barrier_id = 1 + consumer;
    const uint32_t tile_feature = tile.feature_block * Traits::BLOCK_FEATURES;
    uint32_t results[Traits::BLOCK_TOKENS / 4];
    if constexpr (Traits::kIsGated) {
        const uint32_t feature = tile_feature + consumer * 64;
        float bias[2][2];
#pragma unroll
        for (uint32_t i = 0; i < 4; ++i) {
            bias[i / 2][i % 2] = bias_of<Element>(args, tile.expert, 2, i / 2, feature + lane_row + (i % 2) * 8);
        }
#pragma unroll
        for (uint32_t i = 0; i < Traits::BLOCK_TOKENS / 4; ++i) {
            const float low = Traits::Activation::apply(
                args, first(2 * i) + bias[0][i % 2], second(2 * i) + bias[1][i % 2]);
            const float high = Traits::Activation::apply(
                args, first(2 * i + 1) + bias[0][i % 2], second(2 * i + 1) + bias[1][i % 2]);
            results[i] = pack_pair<Element>(low, high);
        }
        store_box<Traits>(args, scheduler, tile, feature, staging, barrier_id, results);
    } else {
#pragma unroll
        for (uint32_t box = 0; box < 2; ++box) {
            const uint32_t feature = tile_feature + consumer * 128 + box * 64;
            const Accumulator& sums = box == 0 ? first : second;
            const float bias[2] = {bias_of<Element>(args, tile.expert, 1, 0, feature + lane_row),
                                   bias_of<Element>(args, tile.expert, 1, 0, feature + lane_row + 8)};
#pragma unroll
            for (uint32_t i = 0; i < Traits::BLOCK_TOKENS / 4; ++i) {
                results[i] = pack_pair<Element>(sums(2 * i) + bias[i % 2], sums(2 * i + 1) + bias[i % 2]);
            }
            store_box<Traits>(args, scheduler, tile, feature, staging, barrier_id, results);
        }
    }
}
