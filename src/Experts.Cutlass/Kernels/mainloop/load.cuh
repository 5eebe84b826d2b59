#pragma once

#include <cute/arch/copy_sm90_tma.hpp>
#include "../common/pipeline.cuh"
#include "scheduler.cuh"

// The producer warpgroup: thread 0 streams weight boxes by TMA, all 128 threads gather activation rows by cp.async.
// The weights' tensor map has the dimensions (k, feature, half, expert): half 0 is the gate, half 1 the up rows, whatever
// their arrangement in memory. A plain product has one half.
template <class Traits>
__device__ void load_warpgroup(const GroupedGemmArgs& args, typename Traits::SharedStorage& shared) {
    using Barrier = cutlass::arch::ClusterBarrier;
    using TransactionBarrier = cutlass::arch::ClusterTransactionBarrier;
    using Element = typename Traits::Element;
    constexpr uint32_t kChunks = Traits::BLOCK_TOKENS * 8;  // 16-byte chunks of the activations of a stage
    constexpr uint32_t kChunksPerThread = (kChunks + 127) / 128;
    const uint32_t thread = threadIdx.x % 128;
    const uint32_t num_steps = (args.size_k + Traits::BLOCK_K - 1) / Traits::BLOCK_K;
    const uint32_t chunk = thread % 8;

    StageCursor<Traits::kNumStages> stage;
    TileScheduler<Traits> scheduler(args);
    WorkTile tile;
    while (scheduler.next(tile)) {
        const Element* sources[kChunksPerThread];
#pragma unroll
        for (uint32_t i = 0; i < kChunksPerThread; ++i) {
            const uint32_t row = thread / 8 + i * 16;
            const uint32_t pair = row < Traits::BLOCK_TOKENS ? scheduler.pair_of(tile, row) : args.num_pairs;
            sources[i] = pair < args.num_pairs
                ? static_cast<const Element*>(args.rows) + static_cast<size_t>(pair / args.pairs_per_row) * args.size_k
                : nullptr;
        }

        const uint32_t first_feature = tile.feature_block * Traits::BLOCK_FEATURES;
        for (uint32_t step = 0; step < num_steps; ++step) {
            const uint32_t k = step * Traits::BLOCK_K;
            Barrier::wait(shared.empty + stage.index, stage.parity ^ 1);
            if (thread == 0) {
                TransactionBarrier::arrive_and_expect_tx(shared.full + stage.index, Traits::kWeightBytes);
#pragma unroll
                for (uint32_t box = 0; box < Traits::kNumBoxes; ++box) {
                    Element* target = shared.weights + (stage.index * Traits::kNumBoxes + box) * Traits::kBoxElements;
                    const uint32_t feature = first_feature + (Traits::kIsGated ? box / 2 : box) * Traits::BOX_ROWS;
                    const uint32_t half = Traits::kIsGated ? box % 2 : 0;
                    cute::SM90_TMA_LOAD_4D::copy(&args.weights, *(shared.full + stage.index), target, k, feature, half,
                                                 tile.expert);
                }
            }

            Element* tokens = shared.tokens + stage.index * Traits::BLOCK_TOKENS * Traits::BLOCK_K;
#pragma unroll
            for (uint32_t i = 0; i < kChunksPerThread; ++i) {
                const uint32_t row = thread / 8 + i * 16;
                if (row < Traits::BLOCK_TOKENS) {
                    const bool is_live = sources[i] != nullptr && k + chunk * 8 < args.size_k;
                    const Element* source = is_live ? sources[i] + k + chunk * 8 : static_cast<const Element*>(args.rows);
                    copy_16_bytes(tokens + row * Traits::BLOCK_K + ((chunk ^ (row % 8)) * 8), source, is_live);
                }
            }

            arrive_when_copied(shared.full + stage.index);
            stage.advance();
        }
    }

    // Nobody may leave while copies into this block's shared memory are under way.
    for (uint32_t i = 0; i < Traits::kNumStages; ++i) {
        Barrier::wait(shared.empty + stage.index, stage.parity ^ 1);
        stage.advance();
    }
}
