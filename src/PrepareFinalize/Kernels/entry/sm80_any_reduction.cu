// Weighting and summing over the slots of a token, in float32 and slot order. A block has one token and all its columns, or
// every gridDim.y-th part of them; what differs is how the row of a (token, slot) pair is found.
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

// The slots of a token that have a row, in slot order.
struct LiveSlots {
    int64_t rows[kSlotsAtOnce];
    float weights[kSlotsAtOnce];
    int count;
};

// Finds the live ones of `count` slots from `first` on. The whole block calls it; afterwards every thread may read.
template <class Locator>
__device__ void find_slots(const ReduceArguments& a, int token, int first, int count, LiveSlots& live) {
    __shared__ int64_t rows[kSlotsAtOnce];
    __syncthreads();
    Locator::locate(a, token, first, count, rows);
    if (threadIdx.x < 32) {
        // Each thread reads the row that it located itself.
        const int slot = threadIdx.x;
        const int64_t row = slot < count ? rows[slot] : -1;
        const unsigned mask = __ballot_sync(0xffffffffu, row >= 0);
        if (row >= 0) {
            const int place = __popc(mask & ((1u << slot) - 1));
            live.rows[place] = row;
            live.weights[place] =
                a.weights == nullptr ? 1.0f : a.weights[static_cast<int64_t>(token) * a.top_k + first + slot];
        }
        if (slot == 0) {
            live.count = __popc(mask);
        }
    }
    __syncthreads();
}

// Adds slots of any type and alignment to 8 columns, one row after the other.
__device__ __forceinline__ void add_rows(
    const ReduceArguments& a, const LiveSlots& live, int64_t column, bool is_vector, float (&sum)[kVector]) {
    float values[kVector];
    for (int j = 0; j < live.count; j++) {
        const int64_t base = live.rows[j] * a.columns;
        load8(a.input, a.input_dtype, base + column, base + a.columns, is_vector, values);
        add_slot(live.weights[j], values, sum);
    }
}

// Adds slots of 16-bit values to kParts times 8 columns, `stride` apart. kSlots rows of each are read before the first is
// used: with one row after the other a token would wait top-k times for memory. A row is read once, and leaves the L2 cache
// before those that the experts wrote last.
template <int kParts, int kSlots>
__device__ __forceinline__ void add_rows_at_once(
    const ReduceArguments& a, const LiveSlots& live, int64_t column, int64_t stride, float (&sum)[kParts][kVector]) {
    const uint16_t* input = static_cast<const uint16_t*>(a.input) + column;
    for (int first = 0; first < live.count; first += kSlots) {
        uint4 bits[kParts][kSlots];
#pragma unroll
        for (int j = 0; j < kSlots; j++) {
            const bool is_live = first + j < live.count;
            const uint16_t* row = input + (is_live ? live.rows[first + j] : 0) * a.columns;
#pragma unroll
            for (int part = 0; part < kParts; part++) {
                bits[part][j] = is_live && column + part * stride < a.columns
                    ? __ldcs(reinterpret_cast<const uint4*>(row + part * stride))
                    : make_uint4(0, 0, 0, 0);
            }
        }
#pragma unroll
        for (int j = 0; j < kSlots; j++) {
            if (first + j < live.count) {
#pragma unroll
                for (int part = 0; part < kParts; part++) {
                    float values[kVector];
                    widen8(bits[part][j], a.input_dtype, values);
                    add_slot(live.weights[first + j], values, sum[part]);
                }
            }
        }
    }
}

// Sums and stores this thread's columns of a token, kParts times 8 of them at a time, when all slots are found.
template <int kParts, int kSlots>
__device__ __forceinline__ void reduce_columns(const ReduceArguments& a, const LiveSlots& live, int token) {
    const int64_t stride = static_cast<int64_t>(gridDim.y) * blockDim.x * kVector;
    const int64_t base = static_cast<int64_t>(token) * a.columns;
    int64_t column = (static_cast<int64_t>(blockIdx.y) * blockDim.x + threadIdx.x) * kVector;
    for (; column < a.columns; column += kParts * stride) {
        float sum[kParts][kVector] = {};
        add_rows_at_once<kParts, kSlots>(a, live, column, stride, sum);
#pragma unroll
        for (int part = 0; part < kParts; part++) {
            if (column + part * stride < a.columns) {
                store8(a.output, a.output_dtype, base + column + part * stride, base + a.columns, true, sum[part]);
            }
        }
    }
}

template <class Locator>
__device__ void reduce(const ReduceArguments& a) {
    __shared__ LiveSlots live;
    begin_dependent();
    const int token = blockIdx.x;
    if (token >= live_rows(a.valid_tokens, 1, a.tokens)) {
        return;
    }
    const bool is_vector = can_vectorize(a.input, a.columns) && can_vectorize(a.output, a.columns);
    if (is_vector && a.input_dtype != kFloat32 && a.top_k <= kSlotsAtOnce) {
        find_slots<Locator>(a, token, 0, a.top_k, live);
        // Where few slots are live, as on one rank of many, two parts keep as many reads under way as eight slots do.
        if (live.count <= 4) {
            reduce_columns<2, 4>(a, live, token);
        } else {
            reduce_columns<1, 8>(a, live, token);
        }
        return;
    }

    const int64_t stride = static_cast<int64_t>(gridDim.y) * blockDim.x * kVector;
    const int64_t base = static_cast<int64_t>(token) * a.columns;
    for (int64_t begin = static_cast<int64_t>(blockIdx.y) * blockDim.x * kVector; begin < a.columns; begin += stride) {
        const int64_t column = begin + threadIdx.x * kVector;
        float sum[kVector] = {};
        for (int first = 0; first < a.top_k; first += kSlotsAtOnce) {
            find_slots<Locator>(a, token, first, min(kSlotsAtOnce, a.top_k - first), live);
            if (column < a.columns) {
                add_rows(a, live, column, is_vector, sum);
            }
        }
        if (column < a.columns) {
            store8(a.output, a.output_dtype, base + column, base + a.columns, is_vector, sum);
        }
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
