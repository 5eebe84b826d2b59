#pragma once

#include <cstdint>
#include <cuda.h>

constexpr uint32_t kMaxExperts = 1024;  // of one rank

// Arguments of a grouped product. The C# launcher has a struct of the same fields in the same order. Rows are grouped by
// expert in one of three ways: by each block, from the ids of few pairs; sorted (expert_offsets into sorted_pairs); or batched
// (rows_per_expert rows an expert). The first product gathers the rows of its pairs and writes them in the order of experts;
// the second reads that order and writes each row to its pair.
struct GroupedGemmArgs {
    CUtensorMap weights;            // [E, half, feature, k], see mainloop/load_weights.cuh
    CUtensorMap sorted_rows_64;     // second product: [*, k] rows in the order of experts, boxes of 64 rows
    CUtensorMap sorted_rows_16;     // the same in boxes of 16 rows
    const void* rows;               // first product: [*, k] activations, row stride k
    void* output;                   // [pairs, features], row stride `features`
    const void* bias;               // [E, halves * features], or null
    const int32_t* sorted_pairs;    // pairs by expert, without padding; null unless sorted
    const int32_t* expert_offsets;  // [E + 1] first entry of each expert in sorted_pairs; null unless sorted
    const int32_t* expert_counts;   // [E] rows in use of each expert; null unless batched
    const int32_t* ids;             // [num_pairs] global expert of each pair, for blocks to group; null when sorted or batched
    const int32_t* expert_map;      // with ids: [global_experts] global expert to local, or null
    const int32_t* valid_tokens;    // with ids: live tokens, or null
    uint32_t* tile_counter;         // tiles taken so far; 0 at launch and, when all have been taken, again
    uint32_t num_pairs;             // with ids: M * k, at most kMaxPairs
    uint32_t top_k;                 // with ids: slots a token
    uint32_t global_experts;        // with ids
    uint32_t pairs_per_row;         // first product: a pair's source row is pair / pairs_per_row
    uint32_t num_experts;           // local experts, at most kMaxExperts
    uint32_t rows_per_expert;       // batched: rows reserved for each expert; 0 unless batched
    uint32_t size_k;                // elements of a source row
    uint32_t features;              // outputs a row (I, N or K)
    uint32_t bias_kind;             // 0 float32, 1 the operand type
    uint32_t is_interleaved;        // bias of gate and up alternate
    float limit;                    // clamp of the activation, +inf for none
    float alpha;                    // slope of swigluoai's sigmoid
    float beta;                     // offset of swigluoai's up half
};
