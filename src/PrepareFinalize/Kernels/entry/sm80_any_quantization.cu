// Quantizes the live rows of [blocks, rows, columns]: scales of groups along a row, of tiles, or given ones. A block is
// blockIdx.z; `rows` counts the rows of one, and `live` holds a count for each.
#include "common/launch.cuh"
#include "common/quantize.cuh"

namespace moe {

constexpr int kQuantThreads = 256;

struct QuantArguments {
    const void* input;
    const void* given_scales;
    const int* live;
    void* output;
    void* scales;
    int rows;
    int rows_per_unit;
    int columns;
    int group_rows;
    int group_columns;
    int input_dtype;
    QuantFormat format;

    __device__ int live_rows() const {
        return moe::live_rows(live == nullptr ? nullptr : live + blockIdx.z, rows_per_unit, rows);
    }
    __device__ int64_t first_row() const { return static_cast<int64_t>(blockIdx.z) * rows; }
    __device__ bool is_vector() const {
        return can_vectorize(input, columns) && is_aligned16(output);
    }
};

// A group of 8 · kLanes columns of one row belongs to kLanes neighbouring threads.
template <int kLanes>
__device__ void quantize_groups(QuantArguments a) {
    begin_dependent();
    if (a.format.scale_dtype == kFloat8E4M3) {
        a.format.second_scale = *static_cast<const float*>(a.given_scales);
    }
    const int groups = (a.columns + kLanes * kVector - 1) / (kLanes * kVector);
    const int64_t work = static_cast<int64_t>(a.live_rows()) * groups * kLanes;
    const bool is_vector = a.is_vector();
    const int64_t stride = static_cast<int64_t>(gridDim.x) * kQuantThreads;
    // Whole warps stay together, so that the shuffles below have all their lanes.
    for (int64_t first = static_cast<int64_t>(blockIdx.x) * kQuantThreads + threadIdx.x / 32 * 32; first < work;
         first += stride) {
        const int64_t i = first + threadIdx.x % 32;
        const int64_t group = i / kLanes;
        const int64_t row = a.first_row() + group / groups;
        const int64_t end = (row + 1) * a.columns;
        const int64_t index = row * a.columns + group % groups * kLanes * kVector + i % kLanes * kVector;
        const bool is_live = i < work && index < end;
        float values[kVector] = {};
        if (is_live) {
            load8(a.input, a.input_dtype, index, end, is_vector, values);
        }
        uint32_t amax = magnitude_bits(values);
#pragma unroll
        for (int step = kLanes / 2; step > 0; step /= 2) {
            amax = umax(amax, __shfl_xor_sync(0xffffffffu, amax, step));
        }
        const GroupScale scale = scale_of(amax, a.format);
        if (is_live) {
            quantize8(values, scale.divisor, a.format, a.output, index, end, is_vector);
        }
        if (i < work && i % kLanes == 0) {
            store_scale(a.scales, row * groups + group % groups, scale, a.format);
        }
    }
}

__device__ uint32_t block_max(uint32_t value) {
    __shared__ uint32_t warps[kQuantThreads / 32];
    value = __reduce_max_sync(0xffffffffu, value);
    if (threadIdx.x % 32 == 0) {
        warps[threadIdx.x / 32] = value;
    }
    __syncthreads();
    uint32_t max = 0;
#pragma unroll
    for (int w = 0; w < kQuantThreads / 32; w++) {
        max = umax(max, warps[w]);
    }
    return max;
}

// Calls visit(index, end of the row, whole vector) for this thread's vectors of one tile.
template <class Visit>
__device__ __forceinline__ void for_tile(const QuantArguments& a, int live, Visit visit) {
    const int first_row = blockIdx.x * a.group_rows;
    const int first_column = blockIdx.y * a.group_columns;
    const int rows = min(a.group_rows, live - first_row);
    const int columns = min(a.group_columns, a.columns - first_column);
    const int vectors = (columns + kVector - 1) / kVector;
    const bool is_vector = a.is_vector() && columns % kVector == 0;
    for (int i = threadIdx.x; i < rows * vectors; i += kQuantThreads) {
        const int64_t base = (a.first_row() + first_row + i / vectors) * a.columns + first_column;
        visit(base + i % vectors * kVector, base + columns, is_vector);
    }
}

}  // namespace moe

#define QUANT_PARAMETERS                                                                                            \
    const void *input, const void *given_scales, const int *live, void *output, void *scales, int rows,             \
        int rows_per_unit, int columns, int group_rows, int group_columns, int input_dtype, int element,            \
        int scale_dtype, float element_max

#define QUANT_ARGUMENTS                                                                                             \
    const moe::QuantArguments a {                                                                                   \
        input, given_scales, live, output, scales, rows, rows_per_unit, columns, group_rows, group_columns,         \
            input_dtype, moe::QuantFormat { element, scale_dtype, element_max, 1.0f }                                     \
    }

#define QUANT_GROUPS_ENTRY(width)                                                                                   \
    extern "C" __global__ void __launch_bounds__(moe::kQuantThreads)                                                \
        sm80_any_quantization_groups_##width(QUANT_PARAMETERS) {                                                    \
        QUANT_ARGUMENTS;                                                                                            \
        moe::quantize_groups<width / moe::kVector>(a);                                                              \
    }

QUANT_GROUPS_ENTRY(16)
QUANT_GROUPS_ENTRY(32)
QUANT_GROUPS_ENTRY(64)
QUANT_GROUPS_ENTRY(128)

// One thread block a tile of group_rows x group_columns: a whole row, or 128 x 128 of the only block of rows.
extern "C" __global__ void __launch_bounds__(moe::kQuantThreads) sm80_any_quantization_tiles(QUANT_PARAMETERS) {
    QUANT_ARGUMENTS;
    moe::begin_dependent();
    const int live_count = a.live_rows();
    if (static_cast<int>(blockIdx.x) * group_rows >= live_count) {
        return;
    }
    uint32_t amax = 0;
    moe::for_tile(a, live_count, [&](int64_t index, int64_t end, bool is_vector) {
        float values[moe::kVector];
        moe::load8(a.input, a.input_dtype, index, end, is_vector, values);
        amax = umax(amax, moe::magnitude_bits(values));
    });
    const moe::GroupScale scale = moe::scale_of(moe::block_max(amax), a.format);
    moe::for_tile(a, live_count, [&](int64_t index, int64_t end, bool is_vector) {
        float values[moe::kVector];
        moe::load8(a.input, a.input_dtype, index, end, is_vector, values);
        moe::quantize8(values, scale.divisor, a.format, a.output, index, end, is_vector);
    });
    if (threadIdx.x == 0) {
        const int64_t tile = (a.first_row() / group_rows + blockIdx.x) * gridDim.y + blockIdx.y;
        moe::store_scale(a.scales, tile, scale, a.format);
    }
}

// Given scales: one for all rows (group_rows 0) or one a row (group_rows 1).
extern "C" __global__ void __launch_bounds__(moe::kQuantThreads) sm80_any_quantization_given(QUANT_PARAMETERS) {
    QUANT_ARGUMENTS;
    moe::begin_dependent();
    const float* given = static_cast<const float*>(given_scales);
    const int vectors = (columns + moe::kVector - 1) / moe::kVector;
    const int64_t work = static_cast<int64_t>(a.live_rows()) * vectors;
    if (group_rows == 0 && given_scales != scales && blockIdx.x == 0 && blockIdx.z == 0 && threadIdx.x == 0) {
        static_cast<float*>(scales)[0] = given[0];
    }
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * moe::kQuantThreads + threadIdx.x; i < work;
         i += static_cast<int64_t>(gridDim.x) * moe::kQuantThreads) {
        const int64_t row = a.first_row() + i / vectors;
        const int64_t index = row * columns + i % vectors * moe::kVector;
        const float scale = given[row * group_rows];
        float values[moe::kVector];
        moe::load8(input, input_dtype, index, (row + 1) * columns, a.is_vector(), values);
        moe::quantize8(values, scale, a.format, output, index, (row + 1) * columns, a.is_vector());
        if (i % vectors == 0 && group_rows != 0) {
            static_cast<float*>(scales)[row] = scale;
        }
    }
}

// First of three launches for one scale over everything: the largest magnitude's bits into scales[0], which starts as 0.
extern "C" __global__ void __launch_bounds__(moe::kQuantThreads) sm80_any_quantization_amax(QUANT_PARAMETERS) {
    QUANT_ARGUMENTS;
    moe::begin_dependent();
    const int vectors = (columns + moe::kVector - 1) / moe::kVector;
    const int64_t work = static_cast<int64_t>(a.live_rows()) * vectors;
    uint32_t amax = 0;
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * moe::kQuantThreads + threadIdx.x; i < work;
         i += static_cast<int64_t>(gridDim.x) * moe::kQuantThreads) {
        const int64_t row = a.first_row() + i / vectors;
        float values[moe::kVector];
        moe::load8(
            input, input_dtype, row * columns + i % vectors * moe::kVector, (row + 1) * columns, a.is_vector(), values);
        amax = umax(amax, moe::magnitude_bits(values));
    }
    amax = moe::block_max(amax);
    if (threadIdx.x == 0) {
        atomicMax(static_cast<uint32_t*>(scales), amax);
    }
}

// Second: the scale in place of the bits. The third is "given" with that scale.
extern "C" __global__ void __launch_bounds__(32) sm80_any_quantization_finish(QUANT_PARAMETERS) {
    QUANT_ARGUMENTS;
    moe::begin_dependent();
    if (threadIdx.x == 0) {
        static_cast<float*>(scales)[0] = moe::scale_of(static_cast<uint32_t*>(scales)[0], a.format).stored;
    }
}
