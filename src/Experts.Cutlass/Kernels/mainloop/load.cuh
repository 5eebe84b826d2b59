#pragma once

#include <cute/util/type_traits.hpp>
#include "gathered_rows.cuh"
#include "sorted_rows.cuh"

// How a product's producers bring rows.
template <class Traits>
using ProducerRows = cute::conditional_t<Traits::kIsSecond, SortedRows<Traits>, GatheredRows<Traits>>;

// Gives a tile, whose output rows are written, to the consumers; a negative expert ends their work.
template <class Traits, class Slot>
__device__ __forceinline__ void hand_over(typename Traits::SharedStorage& shared, Slot& slot, const WorkTile& tile) {
    if (threadIdx.x % 128 == 0) {
        shared.slots.tiles[slot.index] = tile;
    }
    cutlass::arch::ClusterBarrier::arrive(shared.slots.full + slot.index);
    slot.advance();
}

// The producer warpgroup: tiles from the scheduler, output rows to the consumers, operands into the stages. Thread 0 streams
// weights by TMA; rows come by cp.async from all 128 threads or, where they lie in the order of experts, by TMA as well.
template <class Traits>
__device__ void load_warpgroup(const GroupedGemmArgs& args, typename Traits::SharedStorage& shared) {
    using Barrier = cutlass::arch::ClusterBarrier;
    using Rows = ProducerRows<Traits>;
    StageCursor<Traits::kNumStages> stage;
    TileScheduler<Traits> scheduler(args, shared.table, shared.ring);
    StageCursor<TileSlots<Traits::BLOCK_TOKENS>::kPlaces> slot;
    WorkTile tile;
    while (scheduler.next(tile)) {
        Rows rows(scheduler, tile);
        Barrier::wait(shared.slots.empty + slot.index, slot.parity ^ 1);
        rows.write_outputs(shared.slots.outputs[slot.index]);
        hand_over<Traits>(shared, slot, tile);
        rows.load(args, shared, scheduler, tile, stage);

        // Sorted rows are one thread's work; its warp goes on together.
        __syncwarp();
    }

    // A block without tiles may not end before the kernels before it either: those after it wait for it alone.
    wait_for_producers();
    Barrier::wait(shared.slots.empty + slot.index, slot.parity ^ 1);
    tile.expert = -1;
    hand_over<Traits>(shared, slot, tile);

    // Nobody may leave while copies into this block's shared memory are under way.
    if (!Traits::kIsSecond || threadIdx.x % 128 == 0) {
        for (uint32_t i = 0; i < Traits::kNumStages; ++i) {
            Barrier::wait(shared.empty + stage.index, stage.parity ^ 1);
            stage.advance();
        }
    }
    __syncwarp();
}
