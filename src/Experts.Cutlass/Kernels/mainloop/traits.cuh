#pragma once

#include <cstdint>
#include <cute/tensor.hpp>
#include <cutlass/bfloat16.h>
#include <cutlass/half.h>
#include "../common/activation.cuh"
#include "../common/wgmma.cuh"
#include "scheduler.cuh"

// Shapes of one grouped product. Weights are the wgmma's A (their rows are its M side), tokens its B: a tile takes
// kConsumers * 128 weight rows, in boxes of 64, and up to BLOCK_TOKENS rows of activations, of which it multiplies a
// multiple of kTokenStep. A consumer warpgroup owns two boxes: gate and up of the same 64 features, or two neighbouring
// boxes of a plain product. The blocks of a cluster share a block of features: each has its own rows, loads its part of the
// weights and sends it to all.
template <class Element_, class Activation_, uint32_t BLOCK_TOKENS_, uint32_t kConsumers_, uint32_t kNumStages_,
          uint32_t kClusterBlocks_ = 1>
struct GemmTraits {
    using Element = Element_;
    using Activation = Activation_;
    static constexpr uint32_t BLOCK_TOKENS = BLOCK_TOKENS_;
    // Finer where products bound the time, coarser, with less code, where reading weights does.
    static constexpr uint32_t kTokenStep = kClusterBlocks_ > 1 || BLOCK_TOKENS <= 32 ? 16 : 32;
    static constexpr uint32_t BLOCK_K = 64;
    static constexpr uint32_t BOX_ROWS = 64;
    static constexpr uint32_t kConsumers = kConsumers_;
    static constexpr bool kIsGated = Activation::kIsGated;
    static constexpr bool kIsSecond = Activation::kIsSecond;
    static constexpr uint32_t kNumStages = kNumStages_;
    static constexpr uint32_t kClusterBlocks = kClusterBlocks_;
    static constexpr uint32_t kTileTokens = BLOCK_TOKENS * kClusterBlocks;
    static constexpr bool kGroupsPairs = kConsumers == 1 && kClusterBlocks == 1;  // the launcher may leave it to the blocks

    // Tokens that the epilogue turns into rows at a time.
    static constexpr uint32_t kStagingTokens = BLOCK_TOKENS < 32 ? BLOCK_TOKENS : BLOCK_TOKENS % 64 == 0 ? 64 : 32;
    static constexpr uint32_t kNumBoxes = 2 * kConsumers;
    static constexpr uint32_t BLOCK_FEATURES = kIsGated ? 64 * kConsumers : 128 * kConsumers;
    static constexpr uint32_t kThreads = 128 * (kConsumers + 1);
    static constexpr uint32_t kConsumerWarps = 4 * kConsumers;
    static constexpr uint32_t kBoxElements = BOX_ROWS * BLOCK_K;
    static constexpr uint32_t kWeightBytes = kNumBoxes * kBoxElements * sizeof(Element);

    // 128-byte rows, 16-byte chunks xor-ed with the row's low three bits: what TMA's and wgmma's SWIZZLE_128B mean.
    using SwizzleAtom = cute::GMMA::Layout_K_SW128_Atom<Element>;
    using WeightLayout = decltype(cute::tile_to_shape(
        SwizzleAtom{}, cute::Shape<cute::Int<64>, cute::Int<64>, cute::Int<kNumBoxes * kNumStages>>{}));

    // The first kTokens rows of one stage.
    template <uint32_t kTokens>
    using TokenLayout = decltype(cute::tile_to_shape(SwizzleAtom{}, cute::Shape<cute::Int<kTokens>, cute::Int<64>>{}));
    template <uint32_t kTokens>
    using Mma = decltype(cute::make_tiled_mma(wgmma_of<Element, kTokens>()));

    // Float32 sums of one box that a thread holds: for each group of 8 tokens the values (feature r, token c), (r, c + 1),
    // (r + 8, c), (r + 8, c + 1) with r = 16 * warp + lane / 4 and c = 2 * (lane % 4).
    using Sums = float[BLOCK_TOKENS / 2];

    struct SharedStorage {
        alignas(1024) Element weights[kNumStages * kNumBoxes * kBoxElements];
        alignas(1024) Element tokens[kNumStages * BLOCK_TOKENS * BLOCK_K];
        alignas(128) Element staging[kConsumers * kStagingTokens * 64];
        TileTable table;
        alignas(8) TileRing ring;
        alignas(8) TileSlots<BLOCK_TOKENS> slots;
        alignas(8) uint64_t full[kNumStages];
        uint64_t empty[kNumStages];
    };

    static_assert(sizeof(SharedStorage) <= 232448, "shared memory of one block on compute capability 9.0");
    static_assert(sizeof(SharedStorage::weights) >= kMaxExperts * sizeof(PairMask), "stages hold every expert's mask");
    static_assert(BLOCK_TOKENS % kTokenStep == 0 && BLOCK_TOKENS <= 160, "two accumulators must fit beside each other");
    static_assert(kConsumers % kClusterBlocks == 0, "blocks of a cluster load equal parts of the weights");
};
