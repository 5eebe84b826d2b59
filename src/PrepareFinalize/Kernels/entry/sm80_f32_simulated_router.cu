// nvcc: -fmad=false
// Ids and weights drawn at random for benchmarks, the draws of the C# SimulatedSelection: one thread a token, since draws
// without repeats follow from each other.
#include "common/launch.cuh"
#include "common/router_math.cuh"

namespace moe {

constexpr int kSimulatedThreads = 128;
constexpr int kMaxSlots = 32;

// Values of the C# enum SimulatedRouting.
enum Simulation : int { kUniform = 0, kNormal = 1, kZipf = 2 };

__device__ __forceinline__ uint32_t mix(uint32_t h) {
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    return h ^ (h >> 16);
}

__device__ __forceinline__ uint32_t draw(uint32_t seed, uint32_t token, uint32_t number) {
    uint32_t h = mix(seed + 0x9e3779b9u);
    h = mix(h ^ (token + 0x85ebca6bu));
    return mix(h ^ (number + 0xc2b2ae35u));
}

__device__ float normal(uint32_t seed, uint32_t token, uint32_t first) {
    float sum = -6.0f;
    for (uint32_t i = 0; i < 12; i++) {
        sum = sum + static_cast<float>(draw(seed, token, first + i) >> 8) * (1.0f / 16777216.0f);
    }
    return sum;
}

__device__ bool contains(const int* ids, int count, int id) {
    for (int j = 0; j < count; j++) {
        if (ids[j] == id) {
            return true;
        }
    }
    return false;
}

// First expert whose share of 2^32 ends at or after `value`.
__device__ int find_share(const uint32_t* ends, int experts, uint32_t value) {
    int low = 0, high = experts - 1;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (ends[middle] < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

__device__ void draw_zipf(const uint32_t* ends, uint32_t seed, uint32_t token, int experts, int top_k, int* ids) {
    uint32_t number = 0;
    for (int j = 0; j < top_k; j++) {
        int id;
        do {
            id = find_share(ends, experts, draw(seed, token, number++));
            for (int e = 0; number > 64u * experts && contains(ids, j, id); e++) {
                id = e;
            }
        } while (contains(ids, j, id));
        ids[j] = id;
    }
}

__device__ void draw_normal(uint32_t seed, uint32_t token, int experts, int top_k, int* ids, float* weights) {
    float sum = 0.0f;
    for (int j = 0; j < top_k; j++) {
        const float position = router_sigmoid(normal(seed, token, 24 * j)) * static_cast<float>(experts);
        ids[j] = min(static_cast<int>(position), experts - 1);
        weights[j] = fabsf(normal(seed, token, 24 * j + 12));
        sum = sum + weights[j];
    }
    for (int j = 0; j < top_k; j++) {
        weights[j] = sum > 0.0f ? weights[j] / sum : 1.0f / top_k;
    }
}

__device__ void draw_row(
    int kind, const uint32_t* ends, uint32_t seed, uint32_t token, int experts, int top_k, int* ids, float* weights) {
    for (int j = 0; j < top_k; j++) {
        ids[j] = kind == kUniform
            ? static_cast<int>(static_cast<uint64_t>(draw(seed, token, j)) * experts >> 32)
            : j;
        weights[j] = kind == kUniform ? 1.0f : 1.0f / top_k;
    }
    if (kind == kZipf) {
        draw_zipf(ends, seed, token, experts, top_k, ids);
    } else if (kind == kNormal) {
        draw_normal(seed, token, experts, top_k, ids, weights);
    }
}

}  // namespace moe

extern "C" __global__ void __launch_bounds__(moe::kSimulatedThreads) sm80_f32_simulated_router(
    const uint32_t* zipf_ends, const int* valid_tokens, void* ids, float* weights, int rows, int experts, int top_k,
    int id_bytes, int shared_experts, int kind, uint32_t seed, float shared_weight) {
    moe::begin_dependent();
    const int row = blockIdx.x * moe::kSimulatedThreads + threadIdx.x;
    if (row >= rows) {
        return;
    }
    int drawn_ids[moe::kMaxSlots];
    float drawn_weights[moe::kMaxSlots];
    const bool is_live = row < moe::live_rows(valid_tokens, 1, rows);
    if (is_live) {
        moe::draw_row(kind, zipf_ends, seed, row, experts, top_k, drawn_ids, drawn_weights);
    }
    for (int j = 0; j < top_k + shared_experts; j++) {
        const int64_t index = static_cast<int64_t>(row) * (top_k + shared_experts) + j;
        const int id = !is_live ? -1 : j < top_k ? drawn_ids[j] : experts + j - top_k;
        if (id_bytes == 8) {
            static_cast<int64_t*>(ids)[index] = id;
        } else {
            static_cast<int*>(ids)[index] = id;
        }
        weights[index] = !is_live ? 0.0f : j < top_k ? drawn_weights[j] : shared_weight;
    }
}
