#pragma once

#include <cute/arch/copy_sm90_tma.hpp>
#include "../common/pipeline.cuh"
#include "scheduler.cuh"
#include "traits.cuh"

// Starts the load of a consumer's two weight boxes into this block, or into the same place of every block of the cluster.
// A block alone marks weights that no other row tile reads to leave the L2 cache first: where that is most of them, reading
// weights bounds the time.
template <class Traits>
__device__ __forceinline__ void load_boxes(
    const GroupedGemmArgs& args, const WorkTile& tile, uint64_t* barrier, void* target, uint32_t k, uint32_t feature) {
    using namespace cute;
    if constexpr (Traits::kClusterBlocks > 1) {
        constexpr uint16_t kEveryBlock = (1 << Traits::kClusterBlocks) - 1;
        SM90_TMA_LOAD_MULTICAST_4D::copy(&args.weights, *barrier, kEveryBlock, target, k, feature, 0, tile.expert);
    } else if (!tile.has_whole_expert) {
        SM90_TMA_LOAD_4D::copy(&args.weights, *barrier, target, k, feature, 0, tile.expert);
    } else {
        uint64_t policy;
        asm("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
        asm volatile(
            "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint"
            " [%0], [%1, {%3, %4, 0, %5}], [%2], %6;" ::"r"(cast_smem_ptr_to_uint(target)),
            "l"(&args.weights), "r"(cast_smem_ptr_to_uint(barrier)), "r"(k), "r"(feature), "r"(tile.expert), "l"(policy)
            : "memory");
    }
}

// Announces a stage's bytes, of weights and `row_bytes` more, and starts the loads of this block's share of the weights. One
// thread calls it. The weights' tensor map has the dimensions (k, feature, half, expert): half 0 is the gate, half 1 the up
// rows, whatever their arrangement in memory. A plain product has one half. A load brings a consumer's two boxes: 64 features
// of both halves, or 128 features.
template <class Traits>
__device__ __forceinline__ void load_weights(
    const GroupedGemmArgs& args, typename Traits::SharedStorage& shared, const WorkTile& tile, uint32_t stage, uint32_t k,
    uint32_t row_bytes) {
    constexpr uint32_t kLoads = Traits::kConsumers / Traits::kClusterBlocks;
    cutlass::arch::ClusterTransactionBarrier::arrive_and_expect_tx(shared.full + stage, Traits::kWeightBytes + row_bytes);
#pragma unroll
    for (uint32_t i = 0; i < kLoads; ++i) {
        const uint32_t consumer = blockIdx.x % Traits::kClusterBlocks * kLoads + i;
        typename Traits::Element* target =
            shared.weights + (stage * Traits::kNumBoxes + 2 * consumer) * Traits::kBoxElements;
        load_boxes<Traits>(args, tile, shared.full + stage, target, k, first_feature<Traits>(tile, consumer));
    }
}
