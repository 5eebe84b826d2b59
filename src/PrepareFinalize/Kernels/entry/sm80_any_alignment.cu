// Groups (token, slot) pairs by local expert, each group padded to whole blocks, in token order.
//
// A block sees a chunk of consecutive pairs, cut into one run a warp. It counts its pairs per warp and expert, where each
// lane keeps its pairs' ranks, and turns counts into places by prefix sums. Places follow from counts alone, never from the
// order in which threads arrive, so the result is the same in every run. A block needs a thread for every expert and for every
// kRunSteps pairs of its chunk: the host launches no more, and several chunks have kRunSteps pairs a thread.
#include "common/launch.cuh"

namespace moe {

constexpr int kAlignThreads = 1024;
constexpr int kAlignWarps = kAlignThreads / 32;
constexpr int kChunkPairs = 2048;
constexpr int kRunSteps = kChunkPairs / kAlignThreads;
constexpr int kMaxExperts = 1024;
// Most rows of sorted pairs that one block puts in order in shared memory, to write them out side by side.
constexpr int kStagedRows = 5120;
// int32 offsets and their end, int32 first places of each expert, int32 map of global experts, int32 staged rows, uint16 counts
// of each warp and expert.
constexpr int kAlignSharedBytes =
    (kMaxExperts + 1) * 4 + kMaxExperts * 4 + kMaxExperts * 4 + kStagedRows * 4 + kAlignWarps * kMaxExperts * 2;

// Blocks have 99 KiB at most on compute capability 8.6, 8.9 and 12.0; exclusive_scan has some of it.
constexpr int kLeastBlockBytes = 99 << 10;
static_assert(kAlignSharedBytes + kAlignWarps * 4 <= kLeastBlockBytes, "a kernel that asks for more cannot be loaded there");
static_assert(kChunkPairs / kAlignWarps <= 65535, "a warp's count of one expert must fit in 16 bits");
static_assert(kMaxExperts <= kAlignThreads, "one thread owns one expert in the prefix sums");

struct AlignArguments {
    const void* ids;
    const int* expert_map;
    const int* valid_tokens;
    const int* chunk_counts;
    int* sorted_pairs;
    int* block_experts;
    int* padded_rows;
    int* expert_counts;
    int* expert_offsets;
    int* positions;
    int id_bytes;
    int pairs;
    int top_k;
    int global_experts;
    int local_experts;
    int block_size;
    int capacity;
    // Above 0: experts own this many rows each (the batched format) instead of padded groups.
    int rows_per_expert;
};

// The local expert of a pair whose id is `id`, or -1. In the batched format a slot that repeats an id of its token has no row
// of its own, or an expert's block could overflow.
__device__ __forceinline__ int pair_expert(
    const AlignArguments& a, const int* expert_map, int pair, int64_t id, int live_pairs) {
    if (pair >= live_pairs) {
        return -1;
    }
    if (a.rows_per_expert > 0) {
        for (int earlier = pair / a.top_k * a.top_k; earlier < pair; earlier++) {
            if (load_id(a.ids, a.id_bytes, earlier) == id) {
                return -1;
            }
        }
    }
    return local_expert(id, expert_map, a.global_experts, a.local_experts);
}

// The lanes of the warp that have this lane's expert, from a vote on each bit of it. Lanes without an expert get those that
// have none either.
__device__ __forceinline__ unsigned lanes_of(int expert, int expert_bits) {
    const unsigned some = __ballot_sync(0xffffffffu, expert >= 0);
    unsigned lanes = expert >= 0 ? some : ~some;
    for (int bit = 0; bit < expert_bits; bit++) {
        const bool is_set = (expert >> bit & 1) != 0;
        const unsigned set = __ballot_sync(0xffffffffu, is_set);
        lanes &= is_set ? set : ~set;
    }
    return lanes;
}

// One lane's pairs of its warp's run: pair `first + 32 * step`, its local expert or -1, and its rank among the warp's pairs
// of that expert.
struct RunPairs {
    int first;
    int end;
    int experts[kRunSteps];
    int ranks[kRunSteps];
};

// Exclusive prefix sums of one value a thread over the block; `total` gets the sum.
__device__ __forceinline__ int exclusive_scan(int value, int& total) {
    __shared__ int warp_sums[kAlignWarps];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    int inclusive = value;
#pragma unroll
    for (int step = 1; step < 32; step *= 2) {
        const int other = __shfl_up_sync(0xffffffffu, inclusive, step);
        inclusive += lane >= step ? other : 0;
    }
    if (lane == 31) {
        warp_sums[warp] = inclusive;
    }
    __syncthreads();
    int before = 0, sum = 0;
#pragma unroll
    for (int w = 0; w < kAlignWarps; w++) {
        const int one = w < blockDim.x / 32 ? warp_sums[w] : 0;
        before += w < warp ? one : 0;
        sum += one;
    }
    total = sum;
    return before + inclusive - value;
}

__device__ __forceinline__ bool stages_map(const AlignArguments& a) {
    return a.expert_map != nullptr && a.global_experts <= kMaxExperts;
}

// Members stand in the order of their initialization: each starts where the one before ends.
struct AlignShared {
    int* offsets;
    int* first_places;
    int* staged_map;  // a copy of the expert map; null without one, or where it is too long
    int* staged;      // `staged_rows` sorted pairs on their way out
    int staged_rows;
    uint16_t* warp_counts;

    __device__ AlignShared(unsigned char* memory, const AlignArguments& a, int staged_rows)
        : offsets(reinterpret_cast<int*>(memory)),
          first_places(offsets + a.local_experts + 1),
          staged_map(stages_map(a) ? first_places + a.local_experts : nullptr),
          staged(first_places + a.local_experts + (stages_map(a) ? a.global_experts : 0)),
          staged_rows(staged_rows),
          warp_counts(reinterpret_cast<uint16_t*>(staged + staged_rows)) {}
};

// Counts this chunk's pairs a warp and expert, then makes each count the number of pairs in the warps before. Returns the
// chunk's pairs of the expert that this thread owns.
__device__ __forceinline__ int count_chunk(
    const AlignArguments& a, const AlignShared& shared, int chunk_begin, int chunk_end, int live_pairs, RunPairs& run) {
    // Runs are whole steps of 32 pairs; warps beyond the last run have none.
    const int steps = (chunk_end - chunk_begin + 31) / 32;
    const int block_warps = blockDim.x / 32;
    const int steps_per_warp = max(1, (steps + block_warps - 1) / block_warps);
    const int warps = (steps + steps_per_warp - 1) / steps_per_warp;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    run.first = chunk_begin + warp * steps_per_warp * 32 + lane;
    run.end = min(run.first - lane + steps_per_warp * 32, chunk_end);
    // Ids, the map and the number of live pairs are on their way at once: one wait for memory instead of three.
    int64_t ids[kRunSteps];
#pragma unroll
    for (int step = 0; step < kRunSteps; step++) {
        const int pair = run.first + 32 * step;
        ids[step] = pair < run.end ? load_id(a.ids, a.id_bytes, pair) : -1;
    }
    if (shared.staged_map != nullptr) {
        for (int i = threadIdx.x; i < a.global_experts; i += blockDim.x) {
            shared.staged_map[i] = a.expert_map[i];
        }
    }
    for (int i = threadIdx.x; i < warps * a.local_experts; i += blockDim.x) {
        shared.warp_counts[i] = 0;
    }
    __syncthreads();
    const int* expert_map = shared.staged_map != nullptr ? shared.staged_map : a.expert_map;
#pragma unroll
    for (int step = 0; step < kRunSteps; step++) {
        const int pair = run.first + 32 * step;
        run.experts[step] = pair < run.end ? pair_expert(a, expert_map, pair, ids[step], live_pairs) : -1;
    }
    uint16_t* counts = shared.warp_counts + warp * a.local_experts;
    const int expert_bits = 32 - __clz(a.local_experts - 1);
#pragma unroll
    for (int step = 0; step < kRunSteps; step++) {
        const int expert = run.experts[step];
        const unsigned peers = lanes_of(expert, expert_bits);
        const int rank = __popc(peers & ((1u << lane) - 1));
        const int before = expert >= 0 ? counts[expert] : 0;
        __syncwarp();
        if (expert >= 0 && rank == 0) {
            counts[expert] = static_cast<uint16_t>(before + __popc(peers));
        }
        __syncwarp();
        run.ranks[step] = before + rank;
    }
    __syncthreads();
    int chunk = 0;
    if (threadIdx.x < a.local_experts) {
        // All counts are read before the first is changed, so that reads do not wait for one another.
        int here[kAlignWarps];
#pragma unroll
        for (int w = 0; w < kAlignWarps; w++) {
            here[w] = w < warps ? shared.warp_counts[w * a.local_experts + threadIdx.x] : 0;
        }
#pragma unroll
        for (int w = 0; w < kAlignWarps; w++) {
            if (w < warps) {
                shared.warp_counts[w * a.local_experts + threadIdx.x] = static_cast<uint16_t>(chunk);
            }
            chunk += here[w];
        }
    }
    return chunk;
}

// Places this chunk's pairs; `before` and `total` are the pairs of this thread's expert in earlier chunks and in all.
__device__ __forceinline__ void place_chunk(
    const AlignArguments& a, const AlignShared& shared, const RunPairs& run, int before, int total) {
    const int expert = threadIdx.x;
    const bool is_owner = expert < a.local_experts;
    const int padded = is_owner ? (total + a.block_size - 1) / a.block_size * a.block_size : 0;
    int rows = 0;
    const int offset = exclusive_scan(padded, rows);
    if (is_owner) {
        shared.offsets[expert] = offset;
        shared.first_places[expert] = (a.rows_per_expert > 0 ? expert * a.rows_per_expert : offset) + before;
    }
    if (threadIdx.x == 0) {
        shared.offsets[a.local_experts] = rows;
    }
    __syncthreads();
    const uint16_t* warp_before = shared.warp_counts + threadIdx.x / 32 * a.local_experts;
#pragma unroll
    for (int step = 0; step < kRunSteps; step++) {
        const int pair = run.first + 32 * step;
        const int e = run.experts[step];
        int place = -1;
        if (e >= 0) {
            place = shared.first_places[e] + warp_before[e] + run.ranks[step];
            if (a.rows_per_expert > 0 && place >= (e + 1) * a.rows_per_expert) {
                place = -1;
            }
        }
        if (pair < run.end && a.positions != nullptr) {
            a.positions[pair] = place;
        }
        if (place >= 0 && a.sorted_pairs != nullptr) {
            if (shared.staged_rows > 0) {
                shared.staged[place] = pair;
            } else {
                a.sorted_pairs[place] = pair;
            }
        }
    }
}

// What does not depend on the chunk: block experts, counts, offsets, the rows in use. Blocks share the work.
__device__ __forceinline__ void write_tables(const AlignArguments& a, const AlignShared& shared, int total) {
    if (blockIdx.x == 0) {
        if (threadIdx.x < a.local_experts && a.expert_counts != nullptr) {
            a.expert_counts[threadIdx.x] =
                a.rows_per_expert > 0 && total > a.rows_per_expert ? a.rows_per_expert : total;
        }
        if (a.expert_offsets != nullptr) {
            for (int i = threadIdx.x; i <= a.local_experts; i += blockDim.x) {
                a.expert_offsets[i] = shared.offsets[i];
            }
        }
        if (threadIdx.x == 0 && a.padded_rows != nullptr) {
            *a.padded_rows = shared.offsets[a.local_experts];
        }
    }
    if (a.block_experts == nullptr) {
        return;
    }
    const int blocks = a.capacity / a.block_size;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < blocks; i += gridDim.x * blockDim.x) {
        const int row = i * a.block_size;
        int low = 0, high = a.local_experts;
        while (low < high) {
            const int middle = (low + high) / 2;
            if (shared.offsets[middle + 1] <= row) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        a.block_experts[i] = row < shared.offsets[a.local_experts] ? low : -1;
    }
}

// Marks every row as empty, in shared memory where rows are staged.
__device__ __forceinline__ void fill_sentinels(const AlignArguments& a, const AlignShared& shared) {
    for (int i = threadIdx.x; i < shared.staged_rows; i += blockDim.x) {
        shared.staged[i] = a.pairs;
    }
    if (a.sorted_pairs == nullptr || shared.staged_rows > 0) {
        return;
    }
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < a.capacity; i += gridDim.x * blockDim.x) {
        a.sorted_pairs[i] = a.pairs;
    }
}

// Writes staged rows out; scattered stores would cost a memory transaction each.
__device__ __forceinline__ void write_staged(const AlignArguments& a, const AlignShared& shared) {
    if (shared.staged_rows == 0) {
        return;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < shared.staged_rows; i += blockDim.x) {
        a.sorted_pairs[i] = shared.staged[i];
    }
}

}  // namespace moe

#define ALIGN_PARAMETERS                                                                                             \
    const void *ids, const int *expert_map, const int *valid_tokens, int *chunk_counts, int *sorted_pairs,           \
        int *block_experts, int *padded_rows, int *expert_counts, int *expert_offsets, int *positions, int id_bytes, \
        int pairs, int top_k, int global_experts, int local_experts, int block_size, int capacity, int rows_per_expert

#define ALIGN_ARGUMENTS                                                                                              \
    moe::AlignArguments a {                                                                                          \
        ids, expert_map, valid_tokens, chunk_counts, sorted_pairs, block_experts, padded_rows, expert_counts,        \
            expert_offsets, positions, id_bytes, pairs, top_k, global_experts, local_experts, block_size, capacity,  \
            rows_per_expert                                                                                          \
    }

// One block does it all: up to kChunkPairs pairs.
extern "C" __global__ void __launch_bounds__(moe::kAlignThreads) sm80_any_alignment_whole(ALIGN_PARAMETERS) {
    extern __shared__ unsigned char memory[];
    ALIGN_ARGUMENTS;
    moe::begin_dependent();
    const int staged_rows = sorted_pairs != nullptr && capacity <= moe::kStagedRows ? capacity : 0;
    const moe::AlignShared shared(memory, a, staged_rows);
    const int live_pairs = moe::live_rows(valid_tokens, top_k, pairs);
    moe::fill_sentinels(a, shared);
    moe::RunPairs run;
    const int total = moe::count_chunk(a, shared, 0, pairs, live_pairs, run);
    moe::place_chunk(a, shared, run, 0, total);
    moe::write_staged(a, shared);
    moe::write_tables(a, shared, total);
}

KERNEL_CONSTANT(sm80_any_alignment_whole, shared_bytes, moe::kAlignSharedBytes);
KERNEL_CONSTANT(sm80_any_alignment_whole, chunk_pairs, moe::kChunkPairs);
KERNEL_CONSTANT(sm80_any_alignment_whole, max_experts, moe::kMaxExperts);
KERNEL_CONSTANT(sm80_any_alignment_whole, staged_rows, moe::kStagedRows);

// First of two launches: counts of each chunk to chunk_counts [chunks, E], and the sentinels.
extern "C" __global__ void __launch_bounds__(moe::kAlignThreads) sm80_any_alignment_count(ALIGN_PARAMETERS) {
    extern __shared__ unsigned char memory[];
    ALIGN_ARGUMENTS;
    moe::begin_dependent();
    const moe::AlignShared shared(memory, a, 0);
    const int live_pairs = moe::live_rows(valid_tokens, top_k, pairs);
    const int pairs_of_chunk = moe::kRunSteps * blockDim.x;
    const int chunk = blockIdx.x * pairs_of_chunk;
    moe::fill_sentinels(a, shared);
    moe::RunPairs run;
    const int here = moe::count_chunk(a, shared, chunk, min(chunk + pairs_of_chunk, pairs), live_pairs, run);
    if (threadIdx.x < local_experts) {
        chunk_counts[blockIdx.x * local_experts + threadIdx.x] = here;
    }
}

KERNEL_CONSTANT(sm80_any_alignment_count, shared_bytes, moe::kAlignSharedBytes);

// Second of two launches: places from the counts of all chunks.
extern "C" __global__ void __launch_bounds__(moe::kAlignThreads) sm80_any_alignment_place(ALIGN_PARAMETERS) {
    extern __shared__ unsigned char memory[];
    ALIGN_ARGUMENTS;
    moe::begin_dependent();
    const moe::AlignShared shared(memory, a, 0);
    const int live_pairs = moe::live_rows(valid_tokens, top_k, pairs);
    const int pairs_of_chunk = moe::kRunSteps * blockDim.x;
    const int chunk = blockIdx.x * pairs_of_chunk;
    moe::RunPairs run;
    moe::count_chunk(a, shared, chunk, min(chunk + pairs_of_chunk, pairs), live_pairs, run);
    int before = 0, total = 0;
    if (threadIdx.x < local_experts) {
#pragma unroll 32
        for (int c = 0; c < gridDim.x; c++) {
            const int count = chunk_counts[c * local_experts + threadIdx.x];
            before += c < blockIdx.x ? count : 0;
            total += count;
        }
    }
    moe::place_chunk(a, shared, run, before, total);
    moe::write_tables(a, shared, total);
}

KERNEL_CONSTANT(sm80_any_alignment_place, shared_bytes, moe::kAlignSharedBytes);
