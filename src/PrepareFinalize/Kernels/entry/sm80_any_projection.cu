// Router logits: products of rows of hidden states with rows of the gate, summed in float32. Lane l of a warp sums the
// vectors l, l + 32, … of K in order, then lanes are folded; a logit's bits do not depend on how many tokens there are.
#include "common/launch.cuh"
#include "common/numbers.cuh"

namespace moe {

constexpr int kProjectWarps = 4;

template <int kTokens, int kExperts>
__device__ void project(
    const void* hidden, const void* weight, const void* bias, void* logits, int tokens, int experts, int columns,
    int hidden_dtype, int weight_dtype, int bias_dtype, int logits_dtype) {
    begin_dependent();
    const int lane = threadIdx.x % 32;
    const int first_token = blockIdx.y * kTokens;
    const int first_expert = (blockIdx.x * kProjectWarps + threadIdx.x / 32) * kExperts;
    if (first_expert >= experts) {
        return;
    }
    const bool is_vector = can_vectorize(hidden, columns) && can_vectorize(weight, columns);
    float sums[kTokens][kExperts] = {};
    for (int column = lane * kVector; column < columns; column += 32 * kVector) {
        float gate[kExperts][kVector];
#pragma unroll
        for (int e = 0; e < kExperts; e++) {
            const int64_t base = static_cast<int64_t>(min(first_expert + e, experts - 1)) * columns;
            load8(weight, weight_dtype, base + column, base + columns, is_vector, gate[e]);
        }
#pragma unroll
        for (int t = 0; t < kTokens; t++) {
            float x[kVector];
            const int64_t base = static_cast<int64_t>(min(first_token + t, tokens - 1)) * columns;
            load8(hidden, hidden_dtype, base + column, base + columns, is_vector, x);
#pragma unroll
            for (int e = 0; e < kExperts; e++) {
#pragma unroll
                for (int i = 0; i < kVector; i++) {
                    sums[t][e] = __fmaf_rn(x[i], gate[e][i], sums[t][e]);
                }
            }
        }
    }
#pragma unroll
    for (int t = 0; t < kTokens; t++) {
#pragma unroll
        for (int e = 0; e < kExperts; e++) {
            float sum = sums[t][e];
#pragma unroll
            for (int step = 16; step > 0; step /= 2) {
                sum = __fadd_rn(sum, __shfl_xor_sync(0xffffffffu, sum, step));
            }
            const int token = first_token + t, expert = first_expert + e;
            if (lane == 0 && token < tokens && expert < experts) {
                sum = bias == nullptr ? sum : __fadd_rn(sum, load_one(bias, bias_dtype, expert));
                store_one(logits, logits_dtype, static_cast<int64_t>(token) * experts + expert, sum);
            }
        }
    }
}

}  // namespace moe

#define PROJECTION_ENTRY(name, tokens_at_once, experts_at_once)                                                     \
    extern "C" __global__ void __launch_bounds__(moe::kProjectWarps * 32) sm80_any_projection_##name(               \
        const void* hidden, const void* weight, const void* bias, void* logits, int tokens, int experts,            \
        int columns, int hidden_dtype, int weight_dtype, int bias_dtype, int logits_dtype) {                        \
        moe::project<tokens_at_once, experts_at_once>(                                                              \
            hidden, weight, bias, logits, tokens, experts, columns, hidden_dtype, weight_dtype, bias_dtype,         \
            logits_dtype);                                                                                          \
    }                                                                                                               \
    KERNEL_CONSTANT(sm80_any_projection_##name, tokens_per_block, tokens_at_once);                                  \
    KERNEL_CONSTANT(sm80_any_projection_##name, experts_per_block, experts_at_once * moe::kProjectWarps)

PROJECTION_ENTRY(few, 1, 1);
PROJECTION_ENTRY(many, 4, 4);
