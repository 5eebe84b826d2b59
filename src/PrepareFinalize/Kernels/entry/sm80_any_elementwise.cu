// Small steps over the live rows of [rows, columns]: one thread, eight neighbours.
#include "common/launch.cuh"
#include "common/numbers.cuh"

namespace moe {

constexpr int kElementThreads = 256;

// Calls visit(row, first element, end of the row, is_vector) for every vector of the live rows.
template <class Visit>
__device__ __forceinline__ void for_each_vector(int rows, int columns, bool is_vector, Visit visit) {
    const int vectors = (columns + kVector - 1) / kVector;
    const int64_t work = static_cast<int64_t>(rows) * vectors;
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * kElementThreads + threadIdx.x; i < work;
         i += static_cast<int64_t>(gridDim.x) * kElementThreads) {
        const int64_t row = i / vectors;
        const int64_t begin = row * columns;
        visit(row, begin + i % vectors * kVector, begin + columns, is_vector);
    }
}

}  // namespace moe

// output = input in another type.
extern "C" __global__ void __launch_bounds__(moe::kElementThreads) sm80_any_elementwise_convert(
    const void* input, void* output, const int* valid_tokens, int rows, int columns, int input_dtype,
    int output_dtype) {
    moe::begin_dependent();
    const bool is_vector = moe::can_vectorize(input, columns) && moe::can_vectorize(output, columns);
    moe::for_each_vector(
        moe::live_rows(valid_tokens, 1, rows), columns, is_vector,
        [&](int64_t, int64_t index, int64_t end, bool vector) {
            float values[moe::kVector];
            moe::load8(input, input_dtype, index, end, vector, values);
            moe::store8(output, output_dtype, index, end, vector, values);
        });
}

// target += addend, added in float32 and rounded once.
extern "C" __global__ void __launch_bounds__(moe::kElementThreads) sm80_any_elementwise_accumulate(
    void* target, const void* addend, const int* valid_tokens, int rows, int columns, int dtype) {
    moe::begin_dependent();
    const bool is_vector = moe::can_vectorize(target, columns) && moe::can_vectorize(addend, columns);
    moe::for_each_vector(
        moe::live_rows(valid_tokens, 1, rows), columns, is_vector,
        [&](int64_t, int64_t index, int64_t end, bool vector) {
            float a[moe::kVector], b[moe::kVector];
            moe::load8(target, dtype, index, end, vector, a);
            moe::load8(addend, dtype, index, end, vector, b);
#pragma unroll
            for (int i = 0; i < moe::kVector; i++) {
                a[i] = a[i] + b[i];
            }
            moe::store8(target, dtype, index, end, vector, a);
        });
}

// target += hidden times the weights of the row's identity experts, ids first .. first + count - 1: weights summed in slot
// order, all of it in float32 and rounded once. Rows without one are not written.
extern "C" __global__ void __launch_bounds__(moe::kElementThreads) sm80_any_elementwise_identity(
    void* target, const void* hidden, const void* ids, const float* weights, const int* valid_tokens, int rows,
    int columns, int slots, int first, int count, int id_bytes, int dtype) {
    moe::begin_dependent();
    const bool is_vector = moe::can_vectorize(target, columns) && moe::can_vectorize(hidden, columns);
    moe::for_each_vector(
        moe::live_rows(valid_tokens, 1, rows), columns, is_vector,
        [&](int64_t row, int64_t index, int64_t end, bool vector) {
            float weight = 0.0f;
            bool is_here = false;
            for (int slot = 0; slot < slots; slot++) {
                const int64_t id = moe::load_id(ids, id_bytes, row * slots + slot) - first;
                if (id >= 0 && id < count) {
                    weight += weights[row * slots + slot];
                    is_here = true;
                }
            }
            if (!is_here) {
                return;
            }
            float a[moe::kVector], b[moe::kVector];
            moe::load8(target, dtype, index, end, vector, a);
            moe::load8(hidden, dtype, index, end, vector, b);
#pragma unroll
            for (int i = 0; i < moe::kVector; i++) {
                a[i] = __fadd_rn(a[i], __fmul_rn(b[i], weight));
            }
            moe::store8(target, dtype, index, end, vector, a);
        });
}

// output = input times the row's router weight in float32, rounded once: router weight on input, top-k 1.
extern "C" __global__ void __launch_bounds__(moe::kElementThreads) sm80_any_elementwise_scale_rows(
    const void* input, const float* weights, void* output, const int* valid_tokens, int rows, int columns, int dtype) {
    moe::begin_dependent();
    const bool is_vector = moe::can_vectorize(input, columns) && moe::can_vectorize(output, columns);
    moe::for_each_vector(
        moe::live_rows(valid_tokens, 1, rows), columns, is_vector,
        [&](int64_t row, int64_t index, int64_t end, bool vector) {
            const float weight = weights[row];
            float values[moe::kVector];
            moe::load8(input, dtype, index, end, vector, values);
#pragma unroll
            for (int i = 0; i < moe::kVector; i++) {
                values[i] = values[i] * weight;
            }
            moe::store8(output, dtype, index, end, vector, values);
        });
}

// One int32 a pair: expert id in the upper half, the weight's bfloat16 bits in the lower.
extern "C" __global__ void __launch_bounds__(moe::kElementThreads) sm80_any_elementwise_pack_top_k(
    const int* ids, const float* weights, int* packed, int pairs) {
    moe::begin_dependent();
    const int i = blockIdx.x * moe::kElementThreads + threadIdx.x;
    if (i < pairs) {
        const unsigned bits = __bfloat16_as_ushort(__float2bfloat16_rn(weights[i]));
        packed[i] = static_cast<int>(static_cast<unsigned>(ids[i]) << 16 | bits);
    }
}
