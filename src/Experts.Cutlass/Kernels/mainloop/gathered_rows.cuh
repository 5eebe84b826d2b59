#pragma once

#include "load_weights.cuh"

// A tile's rows in the first product: all 128 producer threads gather them from the activations by cp.async, 16 bytes a thread
// and pass. Rows beyond the tile's in a pass repeat its last one, which is cheaper than a predicate for each copy; later ones
// are what the stage held. A product's column depends on its own row alone, and theirs are never stored.
template <class Traits>
class GatheredRows {
    using Barrier = cutlass::arch::ClusterBarrier;
    using Element = typename Traits::Element;
    static constexpr uint32_t kRowsPerPass = 16;
    static constexpr uint32_t kPasses = (Traits::BLOCK_TOKENS + kRowsPerPass - 1) / kRowsPerPass;

public:
    // Arrivals at a stage's barrier: every thread when its rows are copied, and one that announces the weights' bytes.
    static constexpr uint32_t kArrivals = 128 + 1;

    __device__ GatheredRows(const TileScheduler<Traits>& scheduler, const WorkTile& tile)
        : first_output_(scheduler.sorted_row(tile)) {
#pragma unroll
        for (uint32_t i = 0; i < kPasses; ++i) {
            pairs_[i] = scheduler.pair_near(tile, threadIdx.x % 128 / 8 + i * kRowsPerPass);
        }
    }

    // Output rows in the order of experts.
    __device__ void write_outputs(uint32_t* outputs) const {
        for (uint32_t row = threadIdx.x % 128; row < Traits::BLOCK_TOKENS; row += 128) {
            outputs[row] = first_output_ + row;
        }
    }

    __device__ void load(
        const GroupedGemmArgs& args, typename Traits::SharedStorage& shared, TileScheduler<Traits>& scheduler,
        const WorkTile& tile, StageCursor<Traits::kNumStages>& stage) const {
        const uint32_t passes = (tile.rows + kRowsPerPass - 1) / kRowsPerPass;
        const uint32_t num_steps = (args.size_k + Traits::BLOCK_K - 1) / Traits::BLOCK_K;
        const uint32_t chunk = threadIdx.x % 8;
        const uint32_t first_row = threadIdx.x % 128 / 8;
        const uint32_t target = first_row * Traits::BLOCK_K + (chunk ^ (first_row % 8)) * 8;
        const bool is_leader = threadIdx.x % 128 == 0;
        const Element* sources[kPasses];
#pragma unroll
        for (uint32_t i = 0; i < kPasses; ++i) {
            const size_t source = args.pairs_per_row == 1 ? pairs_[i] : pairs_[i] / args.pairs_per_row;
            sources[i] = static_cast<const Element*>(args.rows) + source * args.size_k + chunk * 8;
        }

        // The counter answers while the first loads of this tile start.
        const uint32_t following = is_leader ? scheduler.take() : 0;
        for (uint32_t step = 0; step < num_steps; ++step) {
            const uint32_t k = step * Traits::BLOCK_K;
            Barrier::wait(shared.empty + stage.index, stage.parity ^ 1);
            if (is_leader) {
                load_weights<Traits>(args, shared, tile, stage.index, k, 0);
            }

            Element* tokens = shared.tokens + stage.index * Traits::BLOCK_TOKENS * Traits::BLOCK_K + target;
            const bool is_inside = k + chunk * 8 < args.size_k;
            const uint32_t offset = is_inside ? k : 0;
#pragma unroll
            for (uint32_t i = 0; i < kPasses; ++i) {
                if (i >= passes) {
                    break;
                }
                copy_16_bytes(tokens + i * kRowsPerPass * Traits::BLOCK_K, sources[i] + offset, is_inside);
            }

            arrive_when_copied(shared.full + stage.index);
            if (step == 0 && is_leader) {
                scheduler.publish(following);
            }
            stage.advance();
        }
    }

private:
    static_assert(Traits::BLOCK_TOKENS % kRowsPerPass == 0, "passes are whole");
    uint32_t pairs_[kPasses];
    uint32_t first_output_;
};
