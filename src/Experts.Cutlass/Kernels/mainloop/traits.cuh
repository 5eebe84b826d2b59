#pragma once

#include <cstdint>
#include <cute/tensor.hpp>
#include <cutlass/bfloat16.h>
#include <cutlass/half.h>
#include "../common/activation.cuh"

// Shapes of one grouped product. Weights are the wgmma's A (their rows are its M side), tokens its B: a tile takes
// kConsumers * 128 weight rows, in boxes of 64, and BLOCK_TOKENS rows of activations. A consumer warpgroup owns two boxes:
// gate and up of the same 64 features, or two neighbouring boxes of a plain product.
template <class Element_, class Activation_, uint32_t BLOCK_TOKENS_, uint32_t kConsumers_, uint32_t kNumStages_>
struct GemmTraits {
    using Element = Element_;
    using Activation = Activation_;
    static constexpr uint32_t BLOCK_TOKENS = BLOCK_TOKENS_;
    static constexpr uint32_t BLOCK_K = 64;
    static constexpr uint32_t BOX_ROWS = 64;
    static constexpr uint32_t kConsumers = kConsumers_;
    static constexpr bool kIsGated = Activation::kIsGated;
    static constexpr uint32_t kNumStages = kNumStages_;

    static constexpr uint32_t kNumBoxes = 2 * kConsumers;
    static constexpr uint32_t BLOCK_FEATURES = kIsGated ? 64 * kConsumers : 128 * kConsumers;
    static constexpr uint32_t kThreads = 128 * (kConsumers + 1);
    static constexpr uint32_t kBoxElements = BOX_ROWS * BLOCK_K;
    static constexpr uint32_t kWeightBytes = kNumBoxes * kBoxElements * sizeof(Element);
    static constexpr uint32_t kTokenBytes = BLOCK_TOKENS * BLOCK_K * sizeof(Element);

    // 128-byte rows, 16-byte chunks xor-ed with the row's low three bits: what TMA's and wgmma's SWIZZLE_128B mean.
    using SwizzleAtom = cute::GMMA::Layout_K_SW128_Atom<Element>;
    using WeightLayout = decltype(cute::tile_to_shape(
        SwizzleAtom{}, cute::Shape<cute::Int<64>, cute::Int<64>, cute::Int<kNumBoxes * kNumStages>>{}));
    using TokenLayout = decltype(cute::tile_to_shape(
        SwizzleAtom{}, cute::Shape<cute::Int<BLOCK_TOKENS>, cute::Int<64>, cute::Int<kNumStages>>{}));
    using Mma = decltype(cute::make_tiled_mma(
        cute::GMMA::ss_op_selector<Element, Element, float,
                                   cute::Shape<cute::Int<64>, cute::Int<BLOCK_TOKENS>, cute::Int<64>>>()));

    struct SharedStorage {
        alignas(1024) Element weights[kNumStages * kNumBoxes * kBoxElements];
        alignas(1024) Element tokens[kNumStages * BLOCK_TOKENS * BLOCK_K];
        alignas(128) Element staging[kConsumers * BLOCK_TOKENS * 64];
        alignas(8) uint64_t full[kNumStages];
        uint64_t empty[kNumStages];
    };

    static_assert(sizeof(SharedStorage) <= 232448, "shared memory of one block on compute capability 9.0");
    static_assert(BLOCK_TOKENS % 8 == 0 && BLOCK_TOKENS <= 128, "two accumulators must fit beside each other");
};
