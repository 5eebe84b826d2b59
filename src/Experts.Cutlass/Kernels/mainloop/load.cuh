#pragma once

#include <cute/arch/copy_sm90_tma.hpp>
#include "../common/pipeline.cuh"
#include "traits.cuh"

// Starts the load of one weight box into this block, or into the same place of every block of the cluster.
template <class Traits>
__device__ __forceinline__ void load_box(
    const GroupedGemmArgs& args, uint64_t* barrier, void* target, uint32_t k, uint32_t feature, uint32_t half, int32_t expert) {
    if constexpr (Traits::kClusterBlocks == 1) {
        cute::SM90_TMA_LOAD_4D::copy(&args.weights, *barrier, target, k, feature, half, expert);
    } else {
        constexpr uint16_t kEveryBlock = (1 << Traits::kClusterBlocks) - 1;
        cute::SM90_TMA_LOAD_MULTICAST_4D::copy(&args.weights, *barrier, kEveryBlock, target, k, feature, half, expert);
    }
}

// Announces a stage's bytes of weights and starts the loads of this block's share of the boxes. One thread calls it.
template <class Traits>
__device__ __forceinline__ void load_weights(
    const GroupedGemmArgs& args, typename Traits::SharedStorage& shared, const WorkTile& tile, uint32_t stage, uint32_t k) {
    constexpr uint32_t kBoxesPerBlock = Traits::kNumBoxes / Traits::kClusterBlocks;
    const uint32_t first_feature = tile.feature_block * Traits::BLOCK_FEATURES;
    cutlass::arch::ClusterTransactionBarrier::arrive_and_expect_tx(shared.full + stage, Traits::kWeightBytes);
#pragma unroll
    for (uint32_t i = 0; i < kBoxesPerBlock; ++i) {
        const uint32_t box = blockIdx.x % Traits::kClusterBlocks * kBoxesPerBlock + i;
        typename Traits::Element* target = shared.weights + (stage * Traits::kNumBoxes + box) * Traits::kBoxElements;
        const uint32_t feature = first_feature + (Traits::kIsGated ? box / 2 : box) * Traits::BOX_ROWS;
        const uint32_t half = Traits::kIsGated ? box % 2 : 0;
        load_box<Traits>(args, shared.full + stage, target, k, feature, half, tile.expert);
    }
}

// Activation rows that the producers copy in one pass, 16 bytes a thread.
constexpr uint32_t kRowsPerPass = 16;

// Writes the pairs of this thread's rows, from `first_row` on.
template <class Traits, uint32_t kPasses>
__device__ __forceinline__ void write_pairs(uint32_t* slot, const uint32_t (&pairs)[kPasses], uint32_t first_row) {
#pragma unroll
    for (uint32_t i = 0; i < kPasses; ++i) {
        const uint32_t row = first_row + i * kRowsPerPass;
        if (row < Traits::BLOCK_TOKENS) {
            slot[row] = pairs[i];
        }
    }
}

// Gives a tile, whose pairs are written, to the consumers; a negative expert ends their work.
template <class Traits, class Slot>
__device__ __forceinline__ void hand_over(typename Traits::SharedStorage& shared, Slot& slot, const WorkTile& tile) {
    if (threadIdx.x % 128 == 0) {
        shared.slots.tiles[slot.index] = tile;
    }
    cutlass::arch::ClusterBarrier::arrive(shared.slots.full + slot.index);
    slot.advance();
}

// The producer warpgroup: thread 0 streams weight boxes by TMA, all 128 threads gather activation rows by cp.async.
// The weights' tensor map has the dimensions (k, feature, half, expert): half 0 is the gate, half 1 the up rows, whatever
// their arrangement in memory. A plain product has one half. Rows beyond the tile's may hold anything: a product's column
// depends on its own row alone, and theirs are never stored.
template <class Traits>
__device__ void load_warpgroup(const GroupedGemmArgs& args, typename Traits::SharedStorage& shared) {
    using Barrier = cutlass::arch::ClusterBarrier;
    using Element = typename Traits::Element;
    constexpr uint32_t kPasses = (Traits::BLOCK_TOKENS + kRowsPerPass - 1) / kRowsPerPass;
    const uint32_t thread = threadIdx.x % 128;
    const uint32_t num_steps = (args.size_k + Traits::BLOCK_K - 1) / Traits::BLOCK_K;
    const uint32_t chunk = thread % 8;
    const uint32_t first_row = thread / 8;
    const uint32_t target = first_row * Traits::BLOCK_K + (chunk ^ (first_row % 8)) * 8;

    StageCursor<Traits::kNumStages> stage;
    TileScheduler<Traits> scheduler(args, shared.table, shared.ring);
    StageCursor<TileSlots<Traits::BLOCK_TOKENS>::kPlaces> slot;
    WorkTile tile;
    while (scheduler.next(tile)) {
        // Rows of padding in a pass repeat the tile's last row: cheaper than a predicate for each copy of the loop below.
        const uint32_t passes = (tile.rows + kRowsPerPass - 1) / kRowsPerPass;
        uint32_t pairs[kPasses];
#pragma unroll
        for (uint32_t i = 0; i < kPasses; ++i) {
            pairs[i] = scheduler.pair_near(tile, first_row + i * kRowsPerPass);
        }
        Barrier::wait(shared.slots.empty + slot.index, slot.parity ^ 1);
        if (chunk == 0) {
            write_pairs<Traits>(shared.slots.pairs[slot.index], pairs, first_row);
        }
        hand_over<Traits>(shared, slot, tile);
        const Element* sources[kPasses];
#pragma unroll
        for (uint32_t i = 0; i < kPasses; ++i) {
            const size_t source = args.pairs_per_row == 1 ? pairs[i] : pairs[i] / args.pairs_per_row;
            sources[i] = static_cast<const Element*>(args.rows) + source * args.size_k + chunk * 8;
        }

        // The counter answers while the first loads of this tile start.
        const uint32_t following = thread == 0 ? scheduler.take() : 0;
        for (uint32_t step = 0; step < num_steps; ++step) {
            const uint32_t k = step * Traits::BLOCK_K;
            Barrier::wait(shared.empty + stage.index, stage.parity ^ 1);
            if (thread == 0) {
                load_weights<Traits>(args, shared, tile, stage.index, k);
            }

            Element* tokens = shared.tokens + stage.index * Traits::BLOCK_TOKENS * Traits::BLOCK_K + target;
            const bool is_inside = k + chunk * 8 < args.size_k;
            const uint32_t offset = is_inside ? k : 0;
#pragma unroll
            for (uint32_t i = 0; i < kPasses; ++i) {
                if (i >= passes) {
                    break;
                }
                if (Traits::BLOCK_TOKENS % kRowsPerPass == 0 || first_row < Traits::BLOCK_TOKENS) {
                    copy_16_bytes(tokens + i * kRowsPerPass * Traits::BLOCK_K, sources[i] + offset, is_inside);
                }
            }

            arrive_when_copied(shared.full + stage.index);
            if (step == 0 && thread == 0) {
                scheduler.publish(following);
            }
            stage.advance();
        }
    }

    Barrier::wait(shared.slots.empty + slot.index, slot.parity ^ 1);
    tile.expert = -1;
    hand_over<Traits>(shared, slot, tile);

    // Nobody may leave while copies into this block's shared memory are under way.
    for (uint32_t i = 0; i < Traits::kNumStages; ++i) {
        Barrier::wait(shared.empty + stage.index, stage.parity ^ 1);
        stage.advance();
    }
}
