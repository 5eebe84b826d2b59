#pragma once

#include <cstdint>

#include <cute/arch/cluster_sm90.hpp>
#include <cutlass/cutlass.h>
#include <cutlass/arch/reg_reconfig.h>
#include "../epilogue/store.cuh"
#include "load.cuh"
#include "multiply.cuh"

// A barrier of all threads of the cluster; of the block when it is alone.
template <class Traits>
__device__ __forceinline__ void sync_cluster() {
    if constexpr (Traits::kClusterBlocks > 1) {
        cute::cluster_arrive();
        cute::cluster_wait();
    } else {
        __syncthreads();
    }
}

// A persistent, warp-specialized grouped product: one producer warpgroup, kConsumers consumers.
template <class Traits>
__device__ void grouped_gemm(const GroupedGemmArgs& args) {
    using namespace cute;
    using Barrier = cutlass::arch::ClusterBarrier;
    using Rows = ProducerRows<Traits>;
    extern __shared__ __align__(1024) uint8_t shared_bytes[];
    auto& shared = *reinterpret_cast<typename Traits::SharedStorage*>(shared_bytes);
    const uint32_t warpgroup = cutlass::canonical_warp_group_idx();
    if (threadIdx.x == 0) {
        prefetch_tma_descriptor(reinterpret_cast<const TmaDescriptor*>(&args.weights));
        for (uint32_t i = 0; i < Traits::kNumStages; ++i) {
            Barrier::init(shared.full + i, Rows::kArrivals);
            Barrier::init(shared.empty + i, Traits::kConsumerWarps * Traits::kClusterBlocks);
        }
        for (uint32_t i = 0; i < TileRing::kPlaces; ++i) {
            Barrier::init(shared.ring.full + i, 1);
            Barrier::init(shared.ring.empty + i, Traits::kClusterBlocks == 1 ? 128 : 4 * Traits::kClusterBlocks);
        }
        for (uint32_t i = 0; i < shared.slots.kPlaces; ++i) {
            Barrier::init(shared.slots.full + i, 128);
            Barrier::init(shared.slots.empty + i, 128 * Traits::kConsumers);
        }
        cutlass::arch::fence_barrier_init();
    }
    // The second product's tables or ids were complete before the first one let dependents start; only its rows come from it.
    if constexpr (!Traits::kIsSecond) {
        wait_for_producers();
    }
    release_dependents();
    fill_tile_table<Traits>(args, shared.table, shared.weights);
    sync_cluster<Traits>();

    if (warpgroup == 0) {
        if constexpr (Traits::kConsumers > 1) {
            cutlass::arch::warpgroup_reg_dealloc<56>();
        }
        load_warpgroup<Traits>(args, shared);
    } else {
        if constexpr (Traits::kConsumers > 1) {
            cutlass::arch::warpgroup_reg_alloc<224>();
        }
        const uint32_t consumer = warpgroup - 1;
        const uint32_t num_steps = (args.size_k + Traits::BLOCK_K - 1) / Traits::BLOCK_K;
        StageCursor<Traits::kNumStages> stage;
        StageCursor<TileSlots<Traits::BLOCK_TOKENS>::kPlaces> slot;
        while (true) {
            Barrier::wait(shared.slots.full + slot.index, slot.parity);
            const WorkTile tile = shared.slots.tiles[slot.index];
            if (tile.expert < 0) {
                break;
            }
            if (Traits::kConsumers > 1 && first_feature<Traits>(tile, consumer) >= args.features) {
                skip_tile<Traits>(shared, num_steps, stage);
            } else {
                const TileBias<Traits> bias(args, tile, consumer);
                typename Traits::Sums first;
                typename Traits::Sums second;
                multiply_tile<Traits>(shared, tile, consumer, num_steps, stage, first, second);
                bias.add_to(args, first, second);
                store_tile<Traits>(args, tile, shared.slots.outputs[slot.index], consumer, shared, first, second);
            }
            Barrier::arrive(shared.slots.empty + slot.index);
            slot.advance();
        }
    }
    if constexpr (Traits::kClusterBlocks > 1) {
        // A block's shared memory must stay while others arrive on its barriers.
        sync_cluster<Traits>();
    }
}

// Names one instance of the kernel. The manifest has a row per name; dynamic shared memory is a constant it reads.
#define FUSEDMOE_GROUPED_GEMM(name, ...)                                                                          \
    extern "C" __device__ const int name##__constant__shared_bytes = sizeof(GemmTraits<__VA_ARGS__>::SharedStorage); \
    extern "C" __global__ void __cluster_dims__(GemmTraits<__VA_ARGS__>::kClusterBlocks, 1, 1)                    \
        __launch_bounds__(GemmTraits<__VA_ARGS__>::kThreads, 1)                                                   \
        name(const __grid_constant__ GroupedGemmArgs args) {                                                      \
        grouped_gemm<GemmTraits<__VA_ARGS__>>(args);                                                              \
    }
