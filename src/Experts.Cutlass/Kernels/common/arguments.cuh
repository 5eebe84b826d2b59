#pragma once

#include <cstdint>
#include <cuda.h>

// Arguments of a grouped product with indirect rows. The C# launcher has a struct of the same fields in the same order.
struct GroupedGemmArgs {
    CUtensorMap weights;           // [E, half, feature, k], see mainloop/load.cuh
    const void* rows;              // [*, k] activations, row stride k
    void* output;                  // [pairs, features], row stride `features`
    const void* bias;              // [E, halves * features], or null
    const int32_t* sorted_pairs;   // pair of each row, `num_pairs` for padding; null in direct mode
    const int32_t* block_experts;  // local expert of each block of rows; the top-k ids in direct mode
    const int32_t* padded_rows;    // rows in use; null in direct mode
    const int32_t* expert_map;     // direct mode: global expert to local, or null
    const int32_t* valid_tokens;   // live tokens, or null; direct mode only
    uint32_t num_pairs;            // M * k
    uint32_t pairs_per_row;        // a pair's source row is pair / pairs_per_row: k for the first product, 1 for the second
    uint32_t top_k;                // slots a token
    uint32_t num_experts;          // global experts, direct mode only
    uint32_t size_k;               // elements of a source row
    uint32_t features;             // outputs a row (I, N or K)
    uint32_t bias_kind;            // 0 float32, 1 the operand type
    uint32_t is_interleaved;       // bias of gate and up alternate
    float limit;                   // clamp of the activation, +inf for none
    float alpha;                   // slope of swigluoai's sigmoid
    float beta;                    // offset of swigluoai's up half
};
