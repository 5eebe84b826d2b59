// nvcc: -fmad=false
// Router logits to top-k ids and weights, one warp a token, in the order of operations of the C# RowRouting.
#include "common/launch.cuh"
#include "common/numbers.cuh"
#include "common/router_select.cuh"

namespace moe {

constexpr int kRouterWarps = 4;
constexpr int kRouterThreads = kRouterWarps * 32;
constexpr int kRouterMaxExperts = 1024;
constexpr int kRouterSharedBytes = kRouterWarps * kRouterMaxExperts * 4;

// Values of the C# enum ScoreFunction.
enum Score : int { kIdentity = 0, kSoftmax = 1, kSigmoid = 2, kSqrtSoftplus = 3 };

struct RouterArguments {
    const void* logits;
    const float* bias;
    const int* table;
    const int* tokens;
    const int* valid_tokens;
    void* ids;
    float* weights;
    int rows;
    int experts;
    int top_k;
    int logits_dtype;
    int id_bytes;
    int table_rows;
    int score;
    int scores_selected_only;
    int renormalizes;
    int groups;
    int groups_kept;
    int group_sums_two;
    int shared_experts;
    float renormalize_floor;
    float scale;
    float jitter;
    float shared_weight;
};

__device__ __forceinline__ void store_slot(const RouterArguments& a, int64_t row, int slot, int id, float weight) {
    const int64_t index = row * (a.top_k + a.shared_experts) + slot;
    if (a.id_bytes == 8) {
        static_cast<int64_t*>(a.ids)[index] = id;
    } else {
        static_cast<int*>(a.ids)[index] = id;
    }
    a.weights[index] = weight;
}

// Writes lane j's id and weight to slot j, then the slots of fused shared experts.
__device__ __forceinline__ void store_row(const RouterArguments& a, int64_t row, int id, float weight) {
    const int lane = threadIdx.x % 32;
    if (lane < a.top_k) {
        store_slot(a, row, lane, id, weight);
    }
    for (int j = lane; j < a.shared_experts; j += 32) {
        store_slot(a, row, a.top_k + j, a.experts + j, a.shared_weight);
    }
}

__device__ __forceinline__ void clear_row(const RouterArguments& a, int64_t row) {
    for (int j = threadIdx.x % 32; j < a.top_k + a.shared_experts; j += 32) {
        store_slot(a, row, j, -1, 0.0f);
    }
}

// Loads the row; NaN and absent experts become -infinity.
template <int kPerLane>
__device__ __forceinline__ void load_logits(const RouterArguments& a, int64_t row, float (&logits)[kPerLane]) {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int v = 0; v < kPerLane; v++) {
        const int expert = v * 32 + lane;
        const float x = expert < a.experts ? load_one(a.logits, a.logits_dtype, row * a.experts + expert)
                                           : negative_infinity();
        logits[v] = isnan(x) ? negative_infinity() : x;
    }
}

template <int kPerLane>
__device__ __forceinline__ void score_row(
    const RouterArguments& a, const float (&logits)[kPerLane], float (&scores)[kPerLane]) {
#pragma unroll
    for (int v = 0; v < kPerLane; v++) {
        scores[v] = logits[v];
    }
    if (a.scores_selected_only || a.score == kIdentity) {
        return;
    }
    if (a.score == kSoftmax) {
        warp_softmax(scores);
        return;
    }
#pragma unroll
    for (int v = 0; v < kPerLane; v++) {
        using Math = RowMath<kPerLane>;
        scores[v] = a.score == kSigmoid ? Math::sigmoid(scores[v]) : Math::sqrt_softplus(scores[v]);
    }
}

// Sum of lane 0's value, lane 1's, … lane k-1's, one after the other.
__device__ __forceinline__ float sum_in_slot_order(float value, int top_k) {
    float sum = 0.0f;
#pragma unroll 1
    for (int j = 0; j < top_k; j++) {
        sum = sum + __shfl_sync(kAllLanes, value, j);
    }
    return sum;
}

__device__ __forceinline__ float score_selected(const RouterArguments& a, float weight) {
    const bool is_slot = threadIdx.x % 32 < a.top_k;
    if (a.score == kSoftmax) {
        const float max = warp_max(is_slot ? weight : negative_infinity());
        const float e = router_exp(weight - max);
        return e / sum_in_slot_order(e, a.top_k);
    }
    if (a.score == kIdentity) {
        return weight;
    }
    return a.score == kSigmoid ? router_sigmoid(weight) : router_sqrt_softplus(weight);
}

// Lane j's weight of its id, from the unbiased scores in shared memory.
__device__ __forceinline__ float weigh(const RouterArguments& a, const float* scores, int id) {
    float weight = id >= 0 ? scores[id] : negative_infinity();
    if (a.scores_selected_only) {
        weight = score_selected(a, weight);
    }
    weight = id < 0 ? 0.0f : weight;
    if (a.renormalizes) {
        const float sum = sum_in_slot_order(weight, a.top_k);
        weight = weight / (sum < a.renormalize_floor ? a.renormalize_floor : sum);
    }
    return id < 0 ? 0.0f : weight * a.scale;
}

template <int kPerLane>
__device__ __forceinline__ void publish(const RouterArguments& a, const float (&values)[kPerLane], float* shared) {
    __syncwarp();
#pragma unroll
    for (int v = 0; v < kPerLane; v++) {
        const int expert = v * 32 + threadIdx.x % 32;
        if (expert < a.experts) {
            shared[expert] = values[v];
        }
    }
    __syncwarp();
}

// Top-k by key (score plus bias), inside the kept groups.
struct SelectByKey {
    template <int kPerLane>
    __device__ static void route(const RouterArguments& a, int64_t row, float* shared) {
        float logits[kPerLane], scores[kPerLane];
        load_logits(a, row, logits);
        score_row(a, logits, scores);
        float keys[kPerLane];
        uint32_t order[kPerLane];
        const int lane = threadIdx.x % 32;
#pragma unroll
        for (int v = 0; v < kPerLane; v++) {
            const int expert = v * 32 + lane;
            const bool is_expert = expert < a.experts;
            const float key = a.bias != nullptr && is_expert ? scores[v] + a.bias[expert] : scores[v];
            keys[v] = isnan(key) || logits[v] == negative_infinity() ? negative_infinity() : key;
            order[v] = is_expert ? ordered(keys[v]) : 0u;
        }
        if (a.groups > 1) {
            publish(a, keys, shared);
            const int size = a.experts / a.groups;
            const uint32_t kept = warp_kept_groups(shared, a.groups, size, a.groups_kept, a.group_sums_two != 0);
#pragma unroll
            for (int v = 0; v < kPerLane; v++) {
                const int expert = v * 32 + lane;
                order[v] = expert < a.experts && (kept >> (expert / size) & 1u) != 0 ? order[v] : 0u;
            }
        }
        const int id = warp_top_k(order, a.top_k);
        publish(a, scores, shared);
        store_row(a, row, id, weigh(a, shared, id));
    }
};

// Ids out of a table by token id; -1 for tokens outside it and for ids that are no experts.
struct LookUp {
    template <int kPerLane>
    __device__ static void route(const RouterArguments& a, int64_t row, float* shared) {
        float logits[kPerLane], scores[kPerLane];
        load_logits(a, row, logits);
        score_row(a, logits, scores);
        publish(a, scores, shared);
        const int lane = threadIdx.x % 32;
        const int token = a.tokens[row];
        int id = -1;
        if (lane < a.top_k && token >= 0 && token < a.table_rows) {
            id = a.table[static_cast<int64_t>(token) * a.top_k + lane];
            id = id >= 0 && id < a.experts ? id : -1;
        }
        store_row(a, row, id, weigh(a, shared, id));
    }
};

// phimoe's sparse mixer at inference: two slots, each weighted among the experts near its own logit.
struct SparseMixer {
    template <int kPerLane>
    __device__ static float weigh_slot(
        const RouterArguments& a, const float (&logits)[kPerLane], float* shared, int picked, int excluded) {
        const float max = shared[picked];
        float left[kPerLane];
#pragma unroll
        for (int v = 0; v < kPerLane; v++) {
            const float magnitude = fabsf(logits[v]);
            const float factor = magnitude > max ? magnitude : max;
            const bool is_masked = v * 32 + static_cast<int>(threadIdx.x) % 32 == excluded
                || (max - logits[v]) / factor > 2.0f * a.jitter || logits[v] == negative_infinity();
            left[v] = is_masked ? negative_infinity() : logits[v];
        }
        warp_softmax(left);
        float weight = 0.0f;
#pragma unroll
        for (int v = 0; v < kPerLane; v++) {
            weight = v == picked / 32 ? left[v] : weight;
        }
        return __shfl_sync(kAllLanes, weight, picked % 32) * a.scale;
    }

    template <int kPerLane>
    __device__ static void route(const RouterArguments& a, int64_t row, float* shared) {
        float logits[kPerLane];
        load_logits(a, row, logits);
        publish(a, logits, shared);
        uint32_t order[kPerLane];
#pragma unroll
        for (int v = 0; v < kPerLane; v++) {
            order[v] = v * 32 + threadIdx.x % 32 < a.experts ? ordered(logits[v]) : 0u;
        }
        const int id = warp_top_k(order, 2);
        const int first = __shfl_sync(kAllLanes, id, 0);
        const int second = __shfl_sync(kAllLanes, id, 1);
        const float weights[2] = {
            weigh_slot(a, logits, shared, first, -1), weigh_slot(a, logits, shared, second, first)};
        store_row(a, row, id, weights[threadIdx.x % 32 == 1]);
    }
};

template <class Algorithm, int kPerLane>
__device__ __forceinline__ void route(const RouterArguments& a) {
    extern __shared__ float memory[];
    begin_dependent();
    const int warp = threadIdx.x / 32;
    const int64_t row = static_cast<int64_t>(blockIdx.x) * kRouterWarps + warp;
    if (row >= a.rows) {
        return;
    }
    if (row >= live_rows(a.valid_tokens, 1, a.rows)) {
        clear_row(a, row);
        return;
    }
    Algorithm::template route<kPerLane>(a, row, memory + warp * a.experts);
}

}  // namespace moe

#define ROUTER_ENTRY(name, Algorithm, per_lane)                                                                       \
    extern "C" __global__ void __launch_bounds__(moe::kRouterThreads) sm80_f32_router_##name(                         \
        const void* logits, const float* bias, const int* table, const int* tokens, const int* valid_tokens,          \
        void* ids, float* weights, int rows, int experts, int top_k, int logits_dtype, int id_bytes, int table_rows,  \
        int score, int scores_selected_only, int renormalizes, int groups, int groups_kept, int group_sums_two,       \
        int shared_experts, float renormalize_floor, float scale, float jitter, float shared_weight) {                \
        moe::route<moe::Algorithm, per_lane>(moe::RouterArguments{                                                    \
            logits, bias, table, tokens, valid_tokens, ids, weights, rows, experts, top_k, logits_dtype, id_bytes,    \
            table_rows, score, scores_selected_only, renormalizes, groups, groups_kept, group_sums_two,               \
            shared_experts, renormalize_floor, scale, jitter, shared_weight});                                        \
    }                                                                                                                 \
    KERNEL_CONSTANT(sm80_f32_router_##name, shared_bytes, moe::kRouterSharedBytes);                                   \
    KERNEL_CONSTANT(sm80_f32_router_##name, max_experts, per_lane * 32)

ROUTER_ENTRY(select_32, SelectByKey, 1);
ROUTER_ENTRY(select_64, SelectByKey, 2);
ROUTER_ENTRY(select_128, SelectByKey, 4);
ROUTER_ENTRY(select_256, SelectByKey, 8);
ROUTER_ENTRY(select_512, SelectByKey, 16);
ROUTER_ENTRY(select_1024, SelectByKey, 32);
ROUTER_ENTRY(lookup_1024, LookUp, 32);
ROUTER_ENTRY(sparse_mixer_32, SparseMixer, 1);
ROUTER_ENTRY(sparse_mixer_1024, SparseMixer, 32);
