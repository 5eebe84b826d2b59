// Weighting and summing over the slots of a token, in float32 and slot order. A block has one token and 8 columns a thread;
// what differs is how the row of a (token, slot) pair is found.
#include "common/launch.cuh"
#include "common/numbers.cuh"

namespace moe {

constexpr int kReduceThreads = 256;
constexpr int kSlotsAtOnce = 32;

struct ReduceArguments {
    const void* input;
    const void* ids;
    const int* expert_map;
    const int* positions;
    const float* weights;
    const int* valid_tokens;
    void* output;
    int tokens;
    int top_k;
    int columns;
    int global_experts;
    int local_experts;
    int rows_per_expert;
    int id_bytes;
    int input_dtype;
    int output_dtype;
    int first_global_expert;
};

// The pair's own index: the experts wrote [M, k, K].
struct PairOrder {
    __device__ static void locate(const ReduceArguments& a, int token, int first, int count, int64_t* rows) {
        for (int j = threadIdx.x; j < count; j += blockDim.x) {
            const int64_t pair = static_cast<int64_t>(token) * a.top_k + first + j;
            const int64_t id = load_id(a.ids, a.id_bytes, pair);
            rows[j] = local_expert(id, a.expert_map, a.global_experts, a.global_experts) >= 0 ? pair : -1;
        }
    }
};

// A table of positions: the experts wrote rows in the order of an alignment. With ids, a slot that repeats an id of its
// token shares the earlier slot's row.
struct PositionTable {
    __device__ static int64_t shared_row(const ReduceArguments& a, int64_t token_begin, int slot) {
        const int64_t id = load_id(a.ids, a.id_bytes, token_begin + slot);
        for (int earlier = 0; earlier < slot; earlier++) {
            if (load_id(a.ids, a.id_bytes, token_begin + earlier) == id) {
                return a.positions[token_begin + earlier];
            }
        }
        return -1;
    }

    __device__ static void locate(const ReduceArguments& a, int token, int first, int count, int64_t* rows) {
        const int64_t begin = static_cast<int64_t>(token) * a.top_k;
        for (int j = threadIdx.x; j < count; j += blockDim.x) {
            const int row = a.positions[begin + first + j];
            rows[j] = row < 0 && a.ids != nullptr ? shared_row(a, begin, first + j) : row;
        }
    }
};

// Nothing but ids: each expert's block has the tokens that chose it, in token order, so a row is the count of earlier ones.
struct TokenOrder {
    __device__ static int local(const ReduceArguments& a, int64_t pair) {
        const int64_t id = load_id(a.ids, a.id_bytes, pair);
        if (a.expert_map != nullptr) {
            return local_expert(id, a.expert_map, a.global_experts, a.local_experts);
        }
        const int64_t local = id - a.first_global_expert;
        return id >= 0 && id < a.global_experts && local >= 0 && local < a.local_experts ? static_cast<int>(local) : -1;
    }

    __device__ static void locate(const ReduceArguments& a, int token, int first, int count, int64_t* rows) {
        __shared__ int earlier[kSlotsAtOnce];
        for (int j = threadIdx.x; j < count; j += blockDim.x) {
            earlier[j] = 0;
        }
        __syncthreads();
        for (int j = 0; j < count; j++) {
            const int expert = local(a, static_cast<int64_t>(token) * a.top_k + first + j);
            int mine = 0;
            for (int t = threadIdx.x; expert >= 0 && t < token; t += blockDim.x) {
                bool is_chosen = false;
                for (int s = 0; s < a.top_k; s++) {
                    is_chosen |= local(a, static_cast<int64_t>(t) * a.top_k + s) == expert;
                }
                mine += is_chosen;
            }
            if (mine > 0) {
                atomicAdd(&earlier[j], mine);
            }
        }
        __syncthreads();
        for (int j = threadIdx.x; j < count; j += blockDim.x) {
            const int expert = local(a, static_cast<int64_t>(token) * a.top_k + first + j);
            rows[j] = expert >= 0 && earlier[j] < a.rows_per_expert
                ? static_cast<int64_t>(expert) * a.rows_per_expert + earlier[j]
                : -1;
        }
    }
};

// Adds the weighted values of one slot.
__device__ __forceinline__ void add_slot(float weight, const float (&values)[kVector], float (&sum)[kVector]) {
#pragma unroll
    for (int i = 0; i < kVector; i++) {
        sum[i] = __fadd_rn(sum[i], __fmul_rn(weight, values[i]));
    }
}

// Adds `count` slots in their order. Rows of 16-bit values are read kSlotsInFlight at a time before the first is used: with
// one row after the other a token would wait top-k times for memory.
__device__ __forceinline__ void add_slots(
    const ReduceArguments& a, const int64_t* rows, const float* weights, int count, int64_t column, bool is_vector,
    float (&sum)[kVector]) {
    float values[kVector];
    if (!is_vector || a.input_dtype == kFloat32) {
        for (int j = 0; j < count; j++) {
            if (rows[j] >= 0) {
                const int64_t base = rows[j] * a.columns;
                load8(a.input, a.input_dtype, base + column, base + a.columns, is_vector, values);
                add_slot(weights[j], values, sum);
            }
        }
        return;
    }

    constexpr int kSlotsInFlight = 8;
    const uint16_t* input = static_cast<const uint16_t*>(a.input) + column;
    for (int first = 0; first < count; first += kSlotsInFlight) {
        uint4 bits[kSlotsInFlight];
#pragma unroll
        for (int j = 0; j < kSlotsInFlight; j++) {
            const int64_t row = first + j < count ? rows[first + j] : -1;
            bits[j] = row >= 0 ? *reinterpret_cast<const uint4*>(input + row * a.columns) : make_uint4(0, 0, 0, 0);
        }
#pragma unroll
        for (int j = 0; j < kSlotsInFlight; j++) {
            if (first + j < count && rows[first + j] >= 0) {
                widen8(bits[j], a.input_dtype, values);
                add_slot(weights[first + j], values, sum);
            }
        }
    }
}

template <class Locator>
__device__ void reduce(const ReduceArguments& a) {
    __shared__ int64_t rows[kSlotsAtOnce];
    __shared__ float slot_weights[kSlotsAtOnce];
    begin_dependent();
    const int token = blockIdx.x;
    if (token >= live_rows(a.valid_tokens, 1, a.tokens)) {
        return;
    }
    const int64_t column = (static_cast<int64_t>(blockIdx.y) * blockDim.x + threadIdx.x) * kVector;
    const bool is_vector = can_vectorize(a.input, a.columns) && can_vectorize(a.output, a.columns);
    float sum[kVector] = {};
    for (int first = 0; first < a.top_k; first += kSlotsAtOnce) {
        const int count = min(kSlotsAtOnce, a.top_k - first);
        __syncthreads();
        Locator::locate(a, token, first, count, rows);
        for (int j = threadIdx.x; j < count; j += blockDim.x) {
            const int64_t pair = static_cast<int64_t>(token) * a.top_k + first + j;
            slot_weights[j] = a.weights == nullptr ? 1.0f : a.weights[pair];
        }
        __syncthreads();
        if (column < a.columns) {
            add_slots(a, rows, slot_weights, count, column, is_vector, sum);
        }
    }
    if (column < a.columns) {
        const int64_t base = static_cast<int64_t>(token) * a.columns;
        store8(a.output, a.output_dtype, base + column, base + a.columns, is_vector, sum);
    }
}

}  // namespace moe

#define REDUCE_ENTRY(name, Locator)                                                                                 \
    extern "C" __global__ void __launch_bounds__(moe::kReduceThreads) sm80_any_reduction_##name(                    \
        const void* input, const void* ids, const int* expert_map, const int* positions, const float* weights,      \
        const int* valid_tokens, void* output, int tokens, int top_k, int columns, int global_experts,              \
        int local_experts, int rows_per_expert, int id_bytes, int input_dtype, int output_dtype,                    \
        int first_global_expert) {                                                                                  \
        moe::reduce<moe::Locator>(moe::ReduceArguments{                                                             \
            input, ids, expert_map, positions, weights, valid_tokens, output, tokens, top_k, columns,               \
            global_experts, local_experts, rows_per_expert, id_bytes, input_dtype, output_dtype,                    \
            first_global_expert});                                                                                  \
    }

REDUCE_ENTRY(pair_order, PairOrder)
REDUCE_ENTRY(positions, PositionTable)
REDUCE_ENTRY(token_order, TokenOrder)
