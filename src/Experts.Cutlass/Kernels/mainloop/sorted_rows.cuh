#pragma once

#include "load_weights.cuh"

// A tile's rows in the second product: they lie one after the other in the order of experts, so that one thread brings them
// by TMA, 64 or 16 at a time. Rows beyond the tile's may belong to the next expert or hold anything: a product's column
// depends on its own row alone, and theirs are never stored.
template <class Traits>
class SortedRows {
    using Barrier = cutlass::arch::ClusterBarrier;
    static constexpr uint32_t kWideBox = 64;
    static constexpr uint32_t kBox = 16;

public:
    // Arrivals at a stage's barrier: one thread announces all bytes.
    static constexpr uint32_t kArrivals = 1;

    __device__ SortedRows(const TileScheduler<Traits>& scheduler, const WorkTile& tile)
        : first_row_(scheduler.sorted_row(tile)) {
#pragma unroll
        for (uint32_t i = 0; i < kOutputs; ++i) {
            outputs_[i] = scheduler.pair_near(tile, threadIdx.x % 128 + i * 128);
        }
    }

    // Output rows are the pairs.
    __device__ void write_outputs(uint32_t* outputs) const {
#pragma unroll
        for (uint32_t i = 0; i < kOutputs; ++i) {
            const uint32_t row = threadIdx.x % 128 + i * 128;
            if (row < Traits::BLOCK_TOKENS) {
                outputs[row] = outputs_[i];
            }
        }
    }

    // The weights of a block's first stages do not wait for the first product, whose rows do.
    __device__ void load(
        const GroupedGemmArgs& args, typename Traits::SharedStorage& shared, TileScheduler<Traits>& scheduler,
        const WorkTile& tile, StageCursor<Traits::kNumStages>& stage) const {
        if (threadIdx.x % 128 != 0) {
            return;
        }
        const uint32_t rows = (tile.rows + kBox - 1) / kBox * kBox;
        const uint32_t row_bytes = rows * Traits::BLOCK_K * sizeof(typename Traits::Element);
        const uint32_t num_steps = (args.size_k + Traits::BLOCK_K - 1) / Traits::BLOCK_K;
        const uint32_t following = scheduler.take();
        uint32_t steps_ahead = 0;
        if (scheduler.is_at_first_tile()) {
            steps_ahead = min(Traits::kNumStages, num_steps);
            for (uint32_t step = 0; step < steps_ahead; ++step) {
                load_weights<Traits>(args, shared, tile, step, step * Traits::BLOCK_K, row_bytes);
            }
            wait_for_producers();
        }
        for (uint32_t step = 0; step < num_steps; ++step) {
            const uint32_t k = step * Traits::BLOCK_K;
            if (step >= steps_ahead) {
                Barrier::wait(shared.empty + stage.index, stage.parity ^ 1);
                load_weights<Traits>(args, shared, tile, stage.index, k, row_bytes);
            }
            load_rows(args, shared, stage.index, k, rows);
            if (step == 0) {
                scheduler.publish(following);
            }
            stage.advance();
        }
    }

private:
    __device__ __forceinline__ void load_rows(
        const GroupedGemmArgs& args, typename Traits::SharedStorage& shared, uint32_t stage, uint32_t k, uint32_t rows) const {
        typename Traits::Element* tokens = shared.tokens + stage * Traits::BLOCK_TOKENS * Traits::BLOCK_K;
        uint32_t row = 0;
        for (; row + kWideBox <= rows; row += kWideBox) {
            cute::SM90_TMA_LOAD_2D::copy(
                &args.sorted_rows_64, shared.full[stage], tokens + row * Traits::BLOCK_K, k, first_row_ + row);
        }
        for (; row < rows; row += kBox) {
            cute::SM90_TMA_LOAD_2D::copy(
                &args.sorted_rows_16, shared.full[stage], tokens + row * Traits::BLOCK_K, k, first_row_ + row);
        }
    }

    static constexpr uint32_t kOutputs = (Traits::BLOCK_TOKENS + 127) / 128;
    uint32_t outputs_[kOutputs];
    uint32_t first_row_;
};
