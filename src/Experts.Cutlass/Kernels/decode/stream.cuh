#pragma once

#include "../common/pipeline.cuh"
#include "traits.cuh"

// Copies `bytes` (a multiple of 16) from device to shared memory; `barrier` counts their arrival. Weights are read once, so
// they leave the L2 cache first.
__device__ __forceinline__ void copy_bulk(void* shared, const void* global, uint32_t bytes, uint64_t* barrier) {
    uint64_t policy;
    asm("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
    const uint32_t target = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
    const uint32_t counter = static_cast<uint32_t>(__cvta_generic_to_shared(barrier));
    asm volatile(
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint [%0], [%1], %2, [%3], %4;" ::"r"(
            target),
        "l"(global), "r"(bytes), "r"(counter), "l"(policy)
        : "memory");
}

// A unit of a warp's work: kRows rows of one expert for the pairs that chose it.
template <class Traits>
struct DecodeUnit {
    uint32_t group;
    uint32_t first_feature;
    uint32_t turn;  // how many blocks of features its block had before

    // The weight row, within its expert, of row `row` of the unit.
    __device__ __forceinline__ uint32_t weight_row(const DecodeArgs& args, uint32_t row) const {
        if constexpr (Traits::kHalves == 1) {
            return first_feature + row;
        } else {
            const uint32_t feature = first_feature + row / 2;
            return args.is_interleaved != 0 ? 2 * feature + row % 2 : row % 2 * args.features + feature;
        }
    }
};

// The units of one warp. In the first product neighbouring units go to different multiprocessors, so that all have the
// same number within one. In the second, blocks of features are dealt to the thread blocks, and the warps of a thread block
// share the groups of its features, which thus meet in its shared memory. A warp keeps two of these, and registers are short:
// a division a unit is cheaper than more numbers to remember.
template <class Traits>
class DecodeUnits {
public:
    __device__ DecodeUnits(const DecodeArgs& args, const ExpertGroups& groups) {
        const uint32_t warp = threadIdx.x / 32;
        next_ = Traits::kIsSecond ? warp : warp * gridDim.x + blockIdx.x;
        count_ = groups.count * (Traits::kIsSecond ? turns(args) : args.features / Traits::kFeatures);
    }

    // Blocks of features that this thread block of the second product has.
    static __device__ __forceinline__ uint32_t turns(const DecodeArgs& args) {
        const uint32_t units = args.features / Traits::kFeatures;
        return blockIdx.x < units ? (units - blockIdx.x - 1) / gridDim.x + 1 : 0;
    }

    __device__ __forceinline__ bool has() const { return next_ < count_; }

    // True when there is a unit whose turn is before `end`.
    __device__ __forceinline__ bool has_before(uint32_t end, const ExpertGroups& groups) const {
        return next_ < end * groups.count;
    }

    __device__ __forceinline__ DecodeUnit<Traits> take(const DecodeArgs& args, const ExpertGroups& groups) {
        if constexpr (Traits::kIsSecond) {
            const uint32_t turn = next_ / groups.count;
            const uint32_t group = next_ - turn * groups.count;
            next_ += Traits::kWarps;
            return {group, (blockIdx.x + turn * gridDim.x) * Traits::kFeatures, turn};
        } else {
            const uint32_t units = args.features / Traits::kFeatures;
            const uint32_t group = next_ / units;
            const uint32_t unit = next_ - group * units;
            next_ += gridDim.x * Traits::kWarps;
            return {group, unit * Traits::kFeatures, 0};
        }
    }

private:
    uint32_t next_;
    uint32_t count_;
};

// The reading side of a warp's ring: walks the warp's units ahead of the multiplication and starts a copy for every stage
// that has become free. Lane r < kRows copies row r.
template <class Traits>
class WeightStream {
public:
    __device__ WeightStream(const DecodeArgs& args, const ExpertGroups& groups, uint8_t* ring, uint64_t* full)
        : args_(args), groups_(groups), units_(args, groups), ring_(ring), full_(full) {
        open();
    }

    // Starts the copy of the next chunk into the stage that was freed last; at the end lets dependent kernels start instead.
    __device__ __forceinline__ void issue() {
        if (passes_ == 0) {
            release_dependents();
            return;
        }
        const uint32_t lane = threadIdx.x % 32;
        const uint32_t bytes = min(Traits::kChunk, args_.size_k - k_) * sizeof(typename Traits::Element);
        if (lane == 0) {
            cutlass::arch::ClusterTransactionBarrier::arrive_and_expect_tx(full_ + stage_, Traits::kRows * bytes);
        }
        __syncwarp();
        if (lane < Traits::kRows) {
            copy_bulk(ring_ + stage_ * Traits::kStageBytes + lane * Traits::kRowBytes, row_ + k_, bytes, full_ + stage_);
        }
        stage_ = stage_ + 1 == args_.num_stages ? 0 : stage_ + 1;
        k_ += Traits::kChunk;
        if (k_ >= args_.size_k) {
            k_ = 0;
            if (--passes_ == 0) {
                open();
            }
        }
    }

private:
    __device__ __forceinline__ void open() {
        if (!units_.has()) {
            return;
        }
        const DecodeUnit<Traits> unit = units_.take(args_, groups_);
        const uint32_t pairs = groups_.first[unit.group + 1] - groups_.first[unit.group];
        passes_ = (pairs + Traits::kMaxTokens - 1) / Traits::kMaxTokens;
        const size_t rows = static_cast<size_t>(groups_.expert[unit.group]) * Traits::kHalves * args_.features;
        const uint32_t row = unit.weight_row(args_, threadIdx.x % Traits::kRows);
        row_ = static_cast<const typename Traits::Element*>(args_.weights) + (rows + row) * args_.size_k;
    }

    const DecodeArgs& args_;
    const ExpertGroups& groups_;
    DecodeUnits<Traits> units_;
    uint8_t* ring_;
    uint64_t* full_;
    const typename Traits::Element* row_ = nullptr;
    uint32_t passes_ = 0;
    uint32_t k_ = 0;
    uint32_t stage_ = 0;
};
