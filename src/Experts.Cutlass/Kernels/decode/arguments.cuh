#pragma once

#include <cstdint>

// Arguments of a product of few tokens. The C# launcher has a struct of the same fields in the same order.
struct DecodeArgs {
    const void* weights;          // [E, halves * features, k], as the checkpoint has them
    const void* bias;             // [E, halves * features], or null
    const void* rows;             // [*, k] activations, row stride k
    void* output;                 // first product: [pairs, features], rows of dead pairs not written; second: [M, features]
    const int32_t* ids;           // [pairs] global expert of each (token, slot) pair
    const int32_t* expert_map;    // [num_experts] global expert to local, or null
    const int32_t* valid_tokens;  // live tokens, or null
    const float* topk_weights;    // second product: [pairs] weights of the sum over slots, or null for ones
    uint32_t num_pairs;           // M * k, at most kMaxPairs
    uint32_t top_k;               // slots a token
    uint32_t pairs_per_row;       // a pair's source row is pair / pairs_per_row: k for the first product, 1 for the second
    uint32_t num_experts;         // global experts
    uint32_t local_experts;       // E
    uint32_t size_k;              // elements of a source row, a multiple of 8
    uint32_t features;            // outputs a row, a multiple of 8
    uint32_t bias_kind;           // 0 float32, 1 the operand type
    uint32_t is_interleaved;      // rows of gate and up alternate
    uint32_t num_stages;          // stages of each warp's ring in shared memory
    uint32_t shared_rows;         // source rows to keep in shared memory: all of the call's, or 0 to read them where they are
    uint32_t result_units;        // second product: blocks of features whose results shared memory holds at a time
    float limit;                  // clamp of the activation, +inf for none
    float alpha;                  // slope of swigluoai's sigmoid
    float beta;                   // offset of swigluoai's up half
};
