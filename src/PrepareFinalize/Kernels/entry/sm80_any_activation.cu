// The activation between the grouped products over the live rows of [blocks, rows, N]: one thread, eight outputs.
#include "common/activations.cuh"
#include "common/launch.cuh"
#include "common/numbers.cuh"

namespace moe {

constexpr int kActivationThreads = 256;

template <class Activation>
__device__ void activate(
    const void* input, void* output, const int* live, int rows, int rows_per_unit, int width, int input_dtype,
    int output_dtype, ActivationParameters parameters) {
    begin_dependent();
    const int block = blockIdx.y;
    const int live_here = live_rows(live == nullptr ? nullptr : live + block, rows_per_unit, rows);
    const int64_t input_width = Activation::kGated ? 2 * static_cast<int64_t>(width) : width;
    const int vectors = (width + kVector - 1) / kVector;
    const bool is_vector = can_vectorize(input, width) && can_vectorize(output, width);
    const int64_t work = static_cast<int64_t>(live_here) * vectors;
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * kActivationThreads + threadIdx.x; i < work;
         i += static_cast<int64_t>(gridDim.x) * kActivationThreads) {
        const int64_t row = static_cast<int64_t>(block) * rows + i / vectors;
        const int64_t column = i % vectors * kVector;
        const int64_t source = row * input_width;
        float gate[kVector], up[kVector], result[kVector];
        if constexpr (Activation::kInterleaved) {
            const int64_t end = source + input_width;
            float low[kVector], high[kVector];
            load8(input, input_dtype, source + 2 * column, end, is_vector, low);
            load8(input, input_dtype, source + 2 * column + kVector, end, is_vector, high);
#pragma unroll
            for (int j = 0; j < kVector / 2; j++) {
                gate[j] = low[2 * j];
                up[j] = low[2 * j + 1];
                gate[j + kVector / 2] = high[2 * j];
                up[j + kVector / 2] = high[2 * j + 1];
            }
        } else {
            load8(input, input_dtype, source + column, source + width, is_vector, gate);
            if constexpr (Activation::kGated) {
                load8(input, input_dtype, source + width + column, source + input_width, is_vector, up);
            }
        }
#pragma unroll
        for (int j = 0; j < kVector; j++) {
            result[j] = Activation::apply(gate[j], Activation::kGated ? up[j] : 0.0f, parameters);
        }
        store8(output, output_dtype, row * width + column, (row + 1) * width, is_vector, result);
    }
}

}  // namespace moe

#define ACTIVATION_ENTRY(name, Policy)                                                                            \
    extern "C" __global__ void __launch_bounds__(moe::kActivationThreads) sm80_any_activation_##name(             \
        const void* input, void* output, const int* live, int rows, int rows_per_unit, int width,                 \
        int input_dtype, int output_dtype, float limit, float alpha, float beta, float linear_beta) {             \
        moe::activate<moe::Policy>(                                                                               \
            input, output, live, rows, rows_per_unit, width, input_dtype, output_dtype,                           \
            moe::ActivationParameters{limit, alpha, beta, linear_beta});                                          \
    }

ACTIVATION_ENTRY(silu, Silu)
ACTIVATION_ENTRY(gelu, Gelu)
ACTIVATION_ENTRY(gelu_tanh, GeluTanh)
ACTIVATION_ENTRY(swigluoai, SwigluOai)
ACTIVATION_ENTRY(swigluoai_uninterleave, SwigluOaiUninterleave)
ACTIVATION_ENTRY(swiglustep, SwigluStep)
ACTIVATION_ENTRY(situ, Situ)
ACTIVATION_ENTRY(silu_no_mul, SiluNoMul)
ACTIVATION_ENTRY(gelu_no_mul, GeluNoMul)
ACTIVATION_ENTRY(gelu_tanh_no_mul, GeluTanhNoMul)
ACTIVATION_ENTRY(relu2_no_mul, Relu2NoMul)
