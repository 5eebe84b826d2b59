#pragma once

#include <cstdint>

#include <cutlass/cutlass.h>
#include <cutlass/arch/reg_reconfig.h>
#include "../epilogue/store.cuh"
#include "load.cuh"
#include "multiply.cuh"

// A persistent, warp-specialized grouped product: one producer warpgroup, kConsumers consumers.
template <class Traits>
__device__ void grouped_gemm(const GroupedGemmArgs& args) {
    using namespace cute;
    using Barrier = cutlass::arch::ClusterBarrier;
    extern __shared__ __align__(1024) uint8_t shared_bytes[];
    auto& shared = *reinterpret_cast<typename Traits::SharedStorage*>(shared_bytes);
    const uint32_t warpgroup = cutlass::canonical_warp_group_idx();
    if (threadIdx.x == 0) {
        prefetch_tma_descriptor(reinterpret_cast<const TmaDescriptor*>(&args.weights));
        for (uint32_t i = 0; i < Traits::kNumStages; ++i) {
            // 128 threads arrive when their rows are copied, one more announces the weights' bytes.
            Barrier::init(shared.full + i, 128 + 1);
            Barrier::init(shared.empty + i, Traits::kConsumers * 128);
        }
        cutlass::arch::fence_barrier_init();
    }
    __syncthreads();
    wait_for_producers();
    release_dependents();

    if (warpgroup == 0) {
        if constexpr (Traits::kConsumers > 1) {
            cutlass::arch::warpgroup_reg_dealloc<40>();
        }
        load_warpgroup<Traits>(args, shared);
    } else {
        if constexpr (Traits::kConsumers > 1) {
            cutlass::arch::warpgroup_reg_alloc<232>();
        }
        const uint32_t consumer = warpgroup - 1;
        const uint32_t num_steps = (args.size_k + Traits::BLOCK_K - 1) / Traits::BLOCK_K;
        StageCursor<Traits::kNumStages> stage;
        TileScheduler<Traits> scheduler(args);
        WorkTile tile;
        while (scheduler.next(tile)) {
            auto first = partition_fragment_C(typename Traits::Mma{}, Shape<_64, Int<Traits::BLOCK_TOKENS>>{});
            auto second = make_fragment_like(first);
            multiply_tile<Traits>(shared, consumer, num_steps, stage, first, second);
            store_tile<Traits>(args, scheduler, tile, consumer, shared, first, second);
        }
    }
}

// Names one instance of the kernel. The manifest has a row per name; dynamic shared memory is a constant it reads.
#define FUSEDMOE_GROUPED_GEMM(name, ...)                                                                          \
    extern "C" __device__ const int name##__constant__shared_bytes = sizeof(GemmTraits<__VA_ARGS__>::SharedStorage); \
    extern "C" __global__ void __launch_bounds__(GemmTraits<__VA_ARGS__>::kThreads, 1)                            \
        name(const __grid_constant__ GroupedGemmArgs args) {                                                      \
        grouped_gemm<GemmTraits<__VA_ARGS__>>(args);                                                              \
    }
