#pragma once

#include <cstdint>
#include <cutlass/arch/barrier.h>
#include "../common/pipeline.cuh"
#include "tile_table.cuh"

// Two places for the numbers of tiles to come. The first block of a cluster takes a number from the device-wide counter and
// sends it to the producers of every block, who read it and say so to the first block.
struct TileRing {
    static constexpr uint32_t kPlaces = 2;
    uint64_t full[kPlaces];
    uint64_t empty[kPlaces];
    uint32_t tiles[kPlaces];
};

// One tile of work: `rows` rows of one expert, from `first_row` of that expert on, times a block of features.
struct WorkTile {
    int32_t expert;
    uint32_t first_row;
    uint32_t rows;
    uint32_t feature_block;
    bool has_whole_expert;  // its rows are all that the expert has
};

// The first feature of a consumer's boxes.
template <class Traits>
__device__ __forceinline__ uint32_t first_feature(const WorkTile& tile, uint32_t consumer) {
    return tile.feature_block * Traits::BLOCK_FEATURES + consumer * (Traits::kIsGated ? 64 : 128);
}

// Two places for tiles on their way from a block's producers to its consumers, with the output row of each of their rows.
template <uint32_t BLOCK_TOKENS>
struct TileSlots {
    static constexpr uint32_t kPlaces = 2;
    uint64_t full[kPlaces];
    uint64_t empty[kPlaces];
    WorkTile tiles[kPlaces];
    uint32_t outputs[kPlaces][BLOCK_TOKENS];
};

// Hands out the tiles of a grouped product: expert after expert, and of an expert kGroupRows row tiles at a time, which run
// fastest, so that blocks at work share weights and rows in L2 and need few rows there. An expert's rows are spread over the
// fewest tiles that hold them, in multiples of kTokenStep that differ by one step at most, so that padding costs less than one
// step an expert and block of a cluster. Numbers come from a counter, so tiles start in their order whatever each takes:
// neighbours in the order are neighbours in time, and find each other's operands in L2. The second product goes through them
// backwards, for the rows that the first wrote last are still in L2. Which block computes a tile does not change its result.
// Blocks of a cluster walk the same tiles and have their own share of the rows, which may be none.
template <class Traits>
class TileScheduler {
    using Barrier = cutlass::arch::ClusterBarrier;
    using TransactionBarrier = cutlass::arch::ClusterTransactionBarrier;
    static constexpr uint32_t kBlocks = Traits::kClusterBlocks;
    static constexpr uint32_t kGroupRows = 4;

public:
    __device__ TileScheduler(const GroupedGemmArgs& args, const TileTable& table, TileRing& ring)
        : args_(args),
          table_(table),
          ring_(ring),
          feature_blocks_((args.features + Traits::BLOCK_FEATURES - 1) / Traits::BLOCK_FEATURES),
          row_tiles_(table.first_tile[args.num_experts]),
          next_(blockIdx.x / kBlocks) {}

    // The next tile of this block; false when there is none. Whole warps call it.
    __device__ bool next(WorkTile& tile) {
        if (is_started_) {
            next_ = receive();
        }
        is_beyond_first_ = is_started_;
        is_started_ = true;
        const uint32_t tiles_of_all = row_tiles_ * feature_blocks_;
        if (next_ >= tiles_of_all) {
            return false;
        }
        const uint32_t place = Traits::kIsSecond ? tiles_of_all - 1 - next_ : next_;
        const uint32_t expert = expert_of(place / feature_blocks_);
        const uint32_t tiles = table_.first_tile[expert + 1] - table_.first_tile[expert];
        const uint32_t of_expert = place - table_.first_tile[expert] * feature_blocks_;
        const uint32_t first = of_expert / (kGroupRows * feature_blocks_) * kGroupRows;
        const uint32_t height = min(kGroupRows, tiles - first);
        const uint32_t inside = of_expert - first * feature_blocks_;
        const uint32_t index = first + inside % height;
        tile.feature_block = inside / height;
        const uint32_t rows = table_.first_row[expert + 1] - table_.first_row[expert];
        constexpr uint32_t kStep = Traits::kTokenStep;
        const uint32_t steps = (rows + kBlocks * kStep - 1) / (kBlocks * kStep);
        const uint32_t wider = steps % tiles;
        const uint32_t share = (steps / tiles + (index < wider ? 1 : 0)) * kStep;
        const uint32_t before = (steps / tiles * index + min(index, wider)) * kStep;
        tile.expert = static_cast<int32_t>(expert);
        tile.first_row = before * kBlocks + blockIdx.x % kBlocks * share;
        tile.rows = tile.first_row < rows ? min(share, rows - tile.first_row) : 0;
        tile.has_whole_expert = tiles == 1;
        return true;
    }

    // True while the block is at the first tile it got.
    __device__ bool is_at_first_tile() const { return !is_beyond_first_; }

    // Takes the number of the tile after this one. One thread of each block calls it, once a tile, and passes the result to
    // publish() some time later.
    __device__ uint32_t take() const {
        return blockIdx.x % kBlocks == 0 ? gridDim.x / kBlocks + atomicAdd(args_.tile_counter, 1u) : 0;
    }

    // Every tile takes one number, so the last number is taken once, by whoever leaves the counter as it was found.
    __device__ void publish(uint32_t tile) {
        if (blockIdx.x % kBlocks == 0 && tile + 1 == gridDim.x / kBlocks + row_tiles_ * feature_blocks_) {
            atomicExch(args_.tile_counter, 0u);
        }
        if constexpr (kBlocks == 1) {
            Barrier::wait(ring_.empty + place_.index, place_.parity ^ 1);
            ring_.tiles[place_.index] = tile;
            Barrier::arrive(ring_.full + place_.index);
        } else {
            TransactionBarrier::arrive_and_expect_tx(ring_.full + place_.index, sizeof(uint32_t));
            if (blockIdx.x % kBlocks == 0) {
                Barrier::wait(ring_.empty + place_.index, place_.parity ^ 1);
#pragma unroll
                for (uint32_t block = 0; block < kBlocks; ++block) {
                    send_word(ring_.tiles + place_.index, ring_.full + place_.index, block, tile);
                }
            }
        }
    }

    // The pair in row `row` of a tile, or in its last row when `row` is beyond; some pair of the expert when it has no rows.
    __device__ uint32_t pair_near(const WorkTile& tile, uint32_t row) const {
        const uint32_t inside = tile.rows == 0 ? 0 : tile.first_row + min(row, tile.rows - 1);
        if (args_.expert_counts != nullptr) {
            return tile.expert * args_.rows_per_expert + inside;
        }
        const uint32_t place = table_.first_row[tile.expert] + inside;
        if constexpr (Traits::kGroupsPairs) {
            if (args_.ids != nullptr) {
                return table_.pairs[place];
            }
        }
        return static_cast<uint32_t>(__ldg(args_.sorted_pairs + place));
    }

    // The place of a tile's first row in the order of experts.
    __device__ uint32_t sorted_row(const WorkTile& tile) const {
        const uint32_t expert_row =
            args_.expert_counts != nullptr ? tile.expert * args_.rows_per_expert : table_.first_row[tile.expert];
        return expert_row + tile.first_row;
    }

private:
    __device__ uint32_t receive() {
        Barrier::wait(ring_.full + place_.index, place_.parity);
        const uint32_t tile = *static_cast<volatile uint32_t*>(ring_.tiles + place_.index);
        if constexpr (kBlocks == 1) {
            Barrier::arrive(ring_.empty + place_.index);
        } else {
            __syncwarp();
            Barrier::arrive(ring_.empty + place_.index, 0u, threadIdx.x % 32 == 0);
        }
        place_.advance();
        return tile;
    }

    // The last expert whose first tile is not beyond `row_tile`; experts without tiles share their successor's first tile.
    __device__ uint32_t expert_of(uint32_t row_tile) const {
        uint32_t low = 0;
        uint32_t high = args_.num_experts;
        while (low < high) {
            const uint32_t middle = (low + high) / 2;
            if (table_.first_tile[middle + 1] <= row_tile) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    const GroupedGemmArgs& args_;
    const TileTable& table_;
    TileRing& ring_;
    StageCursor<TileRing::kPlaces> place_;
    bool is_started_ = false;
    bool is_beyond_first_ = false;
    uint32_t feature_blocks_;
    uint32_t row_tiles_;
    uint32_t next_;
};
