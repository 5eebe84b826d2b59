#pragma once

#include <cstdint>
#include <cutlass/bfloat16.h>
#include <cutlass/half.h>
#include "../common/activation.cuh"
#include "groups.cuh"

// Shapes of one product of few tokens. A warp takes kRows rows of an expert's weights at a time (gate and up of kRows / 2
// features, or kRows features) and streams them through a ring of its own in shared memory, kChunk elements of each row a
// stage.
template <class Element_, class Activation_>
struct DecodeTraits {
    using Element = Element_;
    using Activation = Activation_;
    static constexpr uint32_t kWarps = 8;
    static constexpr uint32_t kThreads = 32 * kWarps;
    static constexpr uint32_t kHalves = Activation::kIsGated ? 2 : 1;
    static constexpr bool kIsSecond = Activation::kIsSecond;
    static constexpr uint32_t kRows = 4;
    static constexpr uint32_t kFeatures = kRows / kHalves;
    static constexpr uint32_t kStep = 32 * 8;  // elements of a row that a warp takes at once, 16 bytes a lane
    static constexpr uint32_t kSteps = 2;
    static constexpr uint32_t kChunk = kSteps * kStep;
    static constexpr uint32_t kRowBytes = kChunk * sizeof(Element);
    static constexpr uint32_t kStageBytes = kRows * kRowBytes;
    static constexpr uint32_t kMinStages = 1;
    static constexpr uint32_t kMaxStages = 6;
    static constexpr uint32_t kMaxTokens = 8;  // of one expert in one pass over its weights

    // What lies before the rings and the source rows in dynamic shared memory.
    struct Header {
        uint64_t full[kWarps][kMaxStages];
        uint64_t rows_full;
        ExpertGroups groups;
    };
    static constexpr uint32_t kHeaderBytes = (sizeof(Header) + 127) / 128 * 128;
    static constexpr uint32_t kSharedBytes = 232448;  // of one block on compute capability 9.0

    static_assert(kThreads == kMaxPairs, "a thread groups one pair");
    static_assert(kMaxExperts * sizeof(PairMask) <= kMinStages * kWarps * kStageBytes, "the rings hold every expert's mask");
    static_assert(kHeaderBytes + kMaxStages * kWarps * kStageBytes <= kSharedBytes, "the largest ring must fit");
};
