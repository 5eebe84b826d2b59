// Moves whole rows between token order and expert order, with the scales that belong to them. One block a row.
#include "common/launch.cuh"

namespace moe {

constexpr int kCopyThreads = 128;

// Copies `bytes` from `source`, or writes zeros when it is null, in the widest steps that all addresses allow.
__device__ void copy_row(void* target, const void* source, int64_t bytes) {
    const uintptr_t bits =
        reinterpret_cast<uintptr_t>(target) | reinterpret_cast<uintptr_t>(source) | static_cast<uintptr_t>(bytes);
    if (bits % 16 == 0) {
        for (int64_t i = threadIdx.x; i < bytes / 16; i += blockDim.x) {
            static_cast<uint4*>(target)[i] = source == nullptr ? uint4{} : static_cast<const uint4*>(source)[i];
        }
    } else if (bits % 4 == 0) {
        for (int64_t i = threadIdx.x; i < bytes / 4; i += blockDim.x) {
            static_cast<uint32_t*>(target)[i] = source == nullptr ? 0u : static_cast<const uint32_t*>(source)[i];
        }
    } else {
        for (int64_t i = threadIdx.x; i < bytes; i += blockDim.x) {
            static_cast<uint8_t*>(target)[i] = source == nullptr ? uint8_t{} : static_cast<const uint8_t*>(source)[i];
        }
    }
}

__device__ __forceinline__ const void* row_of(const void* base, int64_t row, int64_t bytes) {
    return static_cast<const uint8_t*>(base) + row * bytes;
}

__device__ __forceinline__ void* row_of(void* base, int64_t row, int64_t bytes) {
    return static_cast<uint8_t*>(base) + row * bytes;
}

}  // namespace moe

// Row r of the output is the row of pair sorted_pairs[r]; padding (the value `pairs`) becomes zeros.
extern "C" __global__ void __launch_bounds__(moe::kCopyThreads) sm80_any_permutation_gather(
    const void* input, const void* input_scales, const int* sorted_pairs, const int* padded_rows, void* output,
    void* output_scales, int64_t row_bytes, int64_t scale_bytes, int capacity, int pairs, int top_k) {
    moe::begin_dependent();
    const int rows = moe::live_rows(padded_rows, 1, capacity);
    for (int row = blockIdx.x; row < rows; row += gridDim.x) {
        const int pair = sorted_pairs[row];
        const bool is_pair = pair >= 0 && pair < pairs;
        const int token = is_pair ? pair / top_k : 0;
        moe::copy_row(
            moe::row_of(output, row, row_bytes), is_pair ? moe::row_of(input, token, row_bytes) : nullptr, row_bytes);
        if (scale_bytes > 0) {
            moe::copy_row(
                moe::row_of(output_scales, row, scale_bytes),
                is_pair ? moe::row_of(input_scales, token, scale_bytes) : nullptr, scale_bytes);
        }
    }
}

// The row of each pair's token goes to positions[pair]; pairs of position -1 stay behind.
extern "C" __global__ void __launch_bounds__(moe::kCopyThreads) sm80_any_permutation_scatter(
    const void* input, const void* input_scales, const int* positions, void* output, void* output_scales,
    int64_t row_bytes, int64_t scale_bytes, int pairs, int top_k) {
    moe::begin_dependent();
    for (int pair = blockIdx.x; pair < pairs; pair += gridDim.x) {
        const int row = positions[pair];
        if (row < 0) {
            continue;
        }
        const int token = pair / top_k;
        moe::copy_row(moe::row_of(output, row, row_bytes), moe::row_of(input, token, row_bytes), row_bytes);
        if (scale_bytes > 0) {
            moe::copy_row(
                moe::row_of(output_scales, row, scale_bytes), moe::row_of(input_scales, token, scale_bytes),
                scale_bytes);
        }
    }
}
