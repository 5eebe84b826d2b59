#pragma once

#include <cstdint>
#include "../common/arguments.cuh"

// One tile of work: a block of rows of one expert times a block of features.
struct WorkTile {
    uint32_t row_block;
    uint32_t feature_block;
    int32_t expert;
};

// Walks the tiles of a grouped product in a fixed order, the same in every block of the grid. Blocks of rows run fastest
// inside groups of kGroupRows, so that the blocks of a wave share weights in L2.
template <class Traits>
class TileScheduler {
    static constexpr uint32_t kGroupRows = 16;

public:
    __device__ explicit TileScheduler(const GroupedGemmArgs& args)
        : args_(args),
          feature_blocks_((args.features + Traits::BLOCK_FEATURES - 1) / Traits::BLOCK_FEATURES),
          row_blocks_(args.sorted_pairs != nullptr ? __ldg(args.padded_rows) / Traits::BLOCK_TOKENS : live_pairs(args)),
          next_(blockIdx.x) {}

    // The next tile of this block; false when there is none. Tiles whose expert is not local are passed over.
    __device__ bool next(WorkTile& tile) {
        for (; next_ < row_blocks_ * feature_blocks_; next_ += gridDim.x) {
            const uint32_t group = next_ / (kGroupRows * feature_blocks_);
            const uint32_t first_row = group * kGroupRows;
            const uint32_t rows = min(kGroupRows, row_blocks_ - first_row);
            const uint32_t inside = next_ - first_row * feature_blocks_;
            tile = {first_row + inside % rows, inside / rows, 0};
            tile.expert = expert_of(tile.row_block);
            if (tile.expert >= 0) {
                next_ += gridDim.x;
                return true;
            }
        }
        return false;
    }

    // The pair in row `row` of a tile, `num_pairs` when the row is padding.
    __device__ uint32_t pair_of(const WorkTile& tile, uint32_t row) const {
        if (args_.sorted_pairs != nullptr) {
            return static_cast<uint32_t>(__ldg(args_.sorted_pairs + tile.row_block * Traits::BLOCK_TOKENS + row));
        }
        return row == 0 ? tile.row_block : args_.num_pairs;
    }

private:
    // Direct mode: each pair is a block of its own.
    static __device__ uint32_t live_pairs(const GroupedGemmArgs& args) {
        const uint32_t valid = args.valid_tokens == nullptr
            ? args.num_pairs
            : static_cast<uint32_t>(max(0, __ldg(args.valid_tokens))) * args.top_k;
        return min(args.num_pairs, valid);
    }

    __device__ int32_t expert_of(uint32_t row_block) const {
        const int32_t expert = __ldg(args_.block_experts + row_block);
        if (args_.sorted_pairs != nullptr) {
            return expert;
        }
        if (expert < 0 || static_cast<uint32_t>(expert) >= args_.num_experts) {
            return -1;
        }
        return args_.expert_map == nullptr ? expert : __ldg(args_.expert_map + expert);
    }

    const GroupedGemmArgs& args_;
    uint32_t feature_blocks_;
    uint32_t row_blocks_;
    uint32_t next_;
};
