#pragma once

#include "stream.cuh"

// Results of a thread block's features for every pair, in shared memory, until all groups have been multiplied: then a token's
// are weighted and added in slot order, in float32, and rounded once. Dead pairs have weight and results 0.
template <class Traits>
class SlotSums {
public:
    // `shared` has room for a float of every pair and for `result_units` units' results.
    __device__ SlotSums(const DecodeArgs& args, float* shared) : weights_(shared), results_(shared + args.num_pairs) {}

    // Clears results and finds the weights. The block must meet at a barrier before and after it.
    __device__ void prepare(const DecodeArgs& args, const ExpertGroups& groups) const {
        const uint32_t values = args.num_pairs * (1 + args.result_units * Traits::kRows);
        for (uint32_t i = threadIdx.x; i < values; i += Traits::kThreads) {
            weights_[i] = 0.0f;
        }
        __syncthreads();
        if (threadIdx.x < groups.first[groups.count]) {
            const uint32_t pair = groups.pairs[threadIdx.x];
            weights_[pair] = args.topk_weights == nullptr ? 1.0f : args.topk_weights[pair];
        }
    }

    // Where the results of a pair's unit begin; `place` counts the units that are held.
    __device__ __forceinline__ float* results(const DecodeArgs& args, uint32_t place, uint32_t pair) const {
        return results_ + (place * args.num_pairs + pair) * Traits::kRows;
    }

    // Adds and stores what the block holds: `units` blocks of features from turn `first_turn` on, of `tokens` tokens.
    __device__ void store(const DecodeArgs& args, uint32_t first_turn, uint32_t units, uint32_t tokens) const {
        using Element = typename Traits::Element;
        for (uint32_t place = 0; place < units; ++place) {
            const uint32_t feature = (blockIdx.x + (first_turn + place) * gridDim.x) * Traits::kFeatures;
            for (uint32_t i = threadIdx.x; i < tokens * Traits::kRows; i += Traits::kThreads) {
                const uint32_t token = i / Traits::kRows;
                const uint32_t row = i % Traits::kRows;
                const uint32_t first_pair = token * args.top_k;
                float sum = 0.0f;
                for (uint32_t slot = 0; slot < args.top_k; ++slot) {
                    const float value = results(args, place, first_pair + slot)[row];
                    sum = __fadd_rn(sum, __fmul_rn(weights_[first_pair + slot], value));
                }
                static_cast<Element*>(args.output)[static_cast<size_t>(token) * args.features + feature + row] = Element(sum);
            }
        }
    }

private:
    float* weights_;
    float* results_;
};
