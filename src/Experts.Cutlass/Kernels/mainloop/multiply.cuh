#pragma once

#include <cute/tensor.hpp>
#include "../common/pipeline.cuh"
#include "traits.cuh"

// Keeps the compiler from moving reads and writes of the sums across a wgmma.
template <uint32_t kCount>
__device__ __forceinline__ void fence_sums(float (&sums)[kCount]) {
#pragma unroll
    for (uint32_t i = 0; i < kCount; ++i) {
        asm volatile("" : "+f"(sums[i])::"memory");
    }
}

// Tells the producers of every block of the cluster that this warp has read a stage: one arrival a warp and block.
template <class Traits>
__device__ __forceinline__ void release_stage(typename Traits::SharedStorage& shared, uint32_t index) {
    const uint32_t lane = threadIdx.x % 32;
    if constexpr (Traits::kClusterBlocks == 1) {
        if (lane == 0) {
            cutlass::arch::ClusterBarrier::arrive(shared.empty + index);
        }
    } else {
        cutlass::arch::ClusterBarrier::arrive(shared.empty + index, lane, lane < Traits::kClusterBlocks);
    }
}

// Multiplies all K steps of one tile by its first kTokens rows: the sums of this consumer's two boxes, in float32. The order
// of additions along K depends on nothing but K, so a row's bits do not depend on its neighbours.
template <class Traits, uint32_t kTokens>
__device__ __forceinline__ void multiply_tokens(
    typename Traits::SharedStorage& shared, uint32_t consumer, uint32_t num_steps,
    StageCursor<Traits::kNumStages>& stage, typename Traits::Sums& first, typename Traits::Sums& second) {
    using namespace cute;
    using Barrier = cutlass::arch::ClusterBarrier;
    typename Traits::template Mma<kTokens> mma;
    auto thread_mma = mma.get_thread_slice(threadIdx.x % 128);
    auto weights = make_tensor(make_smem_ptr(shared.weights), typename Traits::WeightLayout{});
    auto fragment_a = thread_mma.make_fragment_A(thread_mma.partition_A(weights));
    using SumsLayout = decltype(partition_fragment_C(mma, Shape<_64, Int<kTokens>>{}).layout());
    auto sums_first = make_tensor(make_rmem_ptr(first), SumsLayout{});
    auto sums_second = make_tensor(make_rmem_ptr(second), SumsLayout{});

#pragma unroll
    for (uint32_t i = 0; i < kTokens / 2; ++i) {
        first[i] = 0.0f;
        second[i] = 0.0f;
    }
    mma.accumulate_ = GMMA::ScaleOut::One;
    uint32_t previous = 0;
#pragma unroll 1
    for (uint32_t step = 0; step < num_steps; ++step) {
        Barrier::wait(shared.full + stage.index, stage.parity);

        if constexpr (!Traits::kIsSecond) {
            // Rows came by cp.async, that is through the generic proxy; wgmma reads through the asynchronous one.
            asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
        }
        const uint32_t box = stage.index * Traits::kNumBoxes + 2 * consumer;
        auto tokens = make_tensor(
            make_smem_ptr(shared.tokens + stage.index * Traits::BLOCK_TOKENS * Traits::BLOCK_K),
            typename Traits::template TokenLayout<kTokens>{});
        auto fragment_b = thread_mma.make_fragment_B(thread_mma.partition_B(tokens));
        fence_sums(first);
        fence_sums(second);
        warpgroup_arrive();
#pragma unroll
        for (int k = 0; k < size<2>(fragment_a); ++k) {
            gemm(mma, fragment_a(_, _, k, box), fragment_b(_, _, k), sums_first);
            gemm(mma, fragment_a(_, _, k, box + 1), fragment_b(_, _, k), sums_second);
        }
        warpgroup_commit_batch();

        // The stage before this one is free once its products are done, while this one's still run.
        warpgroup_wait<1>();
        fence_sums(first);
        fence_sums(second);
        if (step > 0) {
            release_stage<Traits>(shared, previous);
        }
        previous = stage.index;
        stage.advance();
    }

    warpgroup_wait<0>();
    fence_sums(first);
    fence_sums(second);
    release_stage<Traits>(shared, previous);
}

// Lets a tile's stages pass: a consumer without features in it.
template <class Traits>
__device__ __forceinline__ void skip_tile(
    typename Traits::SharedStorage& shared, uint32_t num_steps, StageCursor<Traits::kNumStages>& stage) {
#pragma unroll 1
    for (uint32_t step = 0; step < num_steps; ++step) {
        cutlass::arch::ClusterBarrier::wait(shared.full + stage.index, stage.parity);
        release_stage<Traits>(shared, stage.index);
        stage.advance();
    }
}

// Multiplies one tile with the narrowest product that holds its rows.
template <class Traits, uint32_t kTokens = Traits::kTokenStep>
__device__ __forceinline__ void multiply_tile(
    typename Traits::SharedStorage& shared, const WorkTile& tile, uint32_t consumer, uint32_t num_steps,
    StageCursor<Traits::kNumStages>& stage, typename Traits::Sums& first, typename Traits::Sums& second) {
    if constexpr (kTokens == Traits::BLOCK_TOKENS) {
        multiply_tokens<Traits, kTokens>(shared, consumer, num_steps, stage, first, second);
    } else if (tile.rows <= kTokens) {
        multiply_tokens<Traits, kTokens>(shared, consumer, num_steps, stage, first, second);
    } else {
        multiply_tile<Traits, kTokens + Traits::kTokenStep>(shared, tile, consumer, num_steps, stage, first, second);
    }
}
