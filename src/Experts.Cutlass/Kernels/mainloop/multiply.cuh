#pragma once

#include <cute/tensor.hpp>
#include "../common/pipeline.cuh"
#include "traits.cuh"

// Multiplies all K steps of one tile: two 64 x BLOCK_TOKENS accumulators of this consumer's boxes, in float32. The order of
// additions along K depends on nothing but K, so a row's bits do not depend on its neighbours.
template <class Traits, class Accumulator>
__device__ __forceinline__ void multiply_tile(
    typename Traits::SharedStorage& shared, uint32_t consumer, uint32_t num_steps,
    StageCursor<Traits::kNumStages>& stage, Accumulator& first, Accumulator& second) {
    using namespace cute;
    using Barrier = cutlass::arch::ClusterBarrier;
    auto weights = make_tensor(make_smem_ptr(shared.weights), typename Traits::WeightLayout{});
    auto tokens = make_tensor(make_smem_ptr(shared.tokens), typename Traits::TokenLayout{});
    typename Traits::Mma mma;
    auto thread_mma = mma.get_thread_slice(threadIdx.x % 128);
    auto fragment_a = thread_mma.make_fragment_A(thread_mma.partition_A(weights));
    auto fragment_b = thread_mma.make_fragment_B(thread_mma.partition_B(tokens));

    mma.accumulate_ = GMMA::ScaleOut::Zero;
    uint32_t previous = 0;
    for (uint32_t step = 0; step < num_steps; ++step) {
        Barrier::wait(shared.full + stage.index, stage.parity);

        // Rows came by cp.async, that is through the generic proxy; wgmma reads through the asynchronous one.
        asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
        const uint32_t box = stage.index * Traits::kNumBoxes + 2 * consumer;
        warpgroup_fence_operand(first);
        warpgroup_fence_operand(second);
        warpgroup_arrive();
#pragma unroll
        for (int k = 0; k < size<2>(fragment_a); ++k) {
            gemm(mma, fragment_a(_, _, k, box), fragment_b(_, _, k, stage.index), first);
            gemm(mma, fragment_a(_, _, k, box + 1), fragment_b(_, _, k, stage.index), second);
            mma.accumulate_ = GMMA::ScaleOut::One;
        }
        warpgroup_commit_batch();

        // The stage before this one is free once its products are done, while this one's still run.
        warpgroup_wait<1>();
        warpgroup_fence_operand(first);
        warpgroup_fence_operand(second);
        if (step > 0) {
            Barrier::arrive(shared.empty + previous);
        }
        previous = stage.index;
        stage.advance();
    }

    warpgroup_wait<0>();
    warpgroup_fence_operand(first);
    warpgroup_fence_operand(second);
    Barrier::arrive(shared.empty + previous);
}
