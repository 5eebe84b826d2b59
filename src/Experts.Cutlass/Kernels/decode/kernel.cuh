#pragma once

#include "product.cuh"
#include "slot_sums.cuh"

// What a warp needs besides its unit.
struct DecodeSource {
    const uint8_t* rows;         // source rows, in device or shared memory
    const ExpertGroups* groups;
};

// One unit for kTokens pairs of its group from `first` on, of which `count` exist: products, bias, activation, rounding and
// stores. Value token * kRows + row ends in lane (token * kRows + row) * kSpread. The second product's results stay
// in shared memory, at `place`.
template <class Traits, uint32_t kTokens>
__device__ __forceinline__ void compute_unit(
    const DecodeArgs& args, const DecodeSource& source, const DecodeUnit<Traits>& unit, uint32_t first, uint32_t count,
    RingCursor& cursor, WeightStream<Traits>& stream, const SlotSums<Traits>& slot_sums, uint32_t place) {
    using Element = typename Traits::Element;
    constexpr uint32_t kSpread = 32 / (kTokens * Traits::kRows);
    const uint16_t* pairs = source.groups->pairs + first;
    const uint8_t* rows[kTokens];
#pragma unroll
    for (uint32_t token = 0; token < kTokens; ++token) {
        const uint32_t pair = pairs[min(token, count - 1)];
        const uint32_t row = Traits::kIsSecond ? pair : pair / args.pairs_per_row;
        rows[token] = source.rows + static_cast<size_t>(row) * args.size_k * sizeof(Element);
    }
    const uint32_t value = threadIdx.x % 32 / kSpread;
    const uint32_t row = unit.weight_row(args, value % Traits::kRows);
    float bias = 0.0f;
    if (args.bias != nullptr) {
        const size_t index = static_cast<size_t>(source.groups->expert[unit.group]) * Traits::kHalves * args.features + row;
        bias = args.bias_kind == 0 ? static_cast<const float*>(args.bias)[index]
                                   : static_cast<float>(static_cast<const Element*>(args.bias)[index]);
    }

    float sums[kTokens * Traits::kRows];
    multiply_unit<Traits, kTokens>(args, rows, cursor, stream, sums);
    sum_over_lanes<kTokens * Traits::kRows>(sums);
    float result = sums[0] + bias;
    if constexpr (Traits::Activation::kIsGated) {
        GroupedGemmArgs parameters;
        parameters.limit = args.limit;
        parameters.alpha = args.alpha;
        parameters.beta = args.beta;
        result = Traits::Activation::apply(parameters, result, __shfl_xor_sync(~0u, result, kSpread));
    }
    const uint32_t token = value / Traits::kRows;
    const bool is_writer = threadIdx.x % kSpread == 0 && value % Traits::kHalves == 0;
    if (!is_writer || token >= count) {
        return;
    }
    if constexpr (Traits::kIsSecond) {
        slot_sums.results(args, place, pairs[token])[value % Traits::kRows] = result;
    } else {
        const uint32_t feature = unit.first_feature + value % Traits::kRows / Traits::kHalves;
        static_cast<Element*>(args.output)[static_cast<size_t>(pairs[token]) * args.features + feature] = Element(result);
    }
}

// All pairs of one unit, kMaxTokens at a time.
template <class Traits>
__device__ __forceinline__ void compute_pairs(
    const DecodeArgs& args, const DecodeSource& source, const DecodeUnit<Traits>& unit, RingCursor& cursor,
    WeightStream<Traits>& stream, const SlotSums<Traits>& slot_sums, uint32_t place) {
    const uint32_t end = source.groups->first[unit.group + 1];
    for (uint32_t first = source.groups->first[unit.group]; first < end; first += Traits::kMaxTokens) {
        const uint32_t count = min(end - first, Traits::kMaxTokens);
        if (count == 1) {
            compute_unit<Traits, 1>(args, source, unit, first, count, cursor, stream, slot_sums, place);
        } else if (count == 2) {
            compute_unit<Traits, 2>(args, source, unit, first, count, cursor, stream, slot_sums, place);
        } else if (count <= 4) {
            compute_unit<Traits, 4>(args, source, unit, first, count, cursor, stream, slot_sums, place);
        } else {
            compute_unit<Traits, 8>(args, source, unit, first, count, cursor, stream, slot_sums, place);
        }
    }
}

// A product of at most 8 tokens: weights stream through rings in shared memory, one a warp, and CUDA cores multiply. Every
// warp has its own units, and no warp waits for another after the start but to sum slots.
template <class Traits>
__device__ void decode(const DecodeArgs& args) {
    using Barrier = cutlass::arch::ClusterBarrier;
    extern __shared__ __align__(128) uint8_t shared_bytes[];
    auto& header = *reinterpret_cast<typename Traits::Header*>(shared_bytes);
    const uint32_t warp = threadIdx.x / 32;
    uint8_t* rings = shared_bytes + Traits::kHeaderBytes;
    uint8_t* ring = rings + warp * args.num_stages * Traits::kStageBytes;
    uint8_t* shared_rows = rings + Traits::kWarps * args.num_stages * Traits::kStageBytes;
    if (threadIdx.x < Traits::kWarps * Traits::kMaxStages) {
        Barrier::init(header.full[0] + threadIdx.x, 1);
        cutlass::arch::fence_barrier_init();
    }
    if (threadIdx.x == 0) {
        Barrier::init(&header.rows_full, 1);
        cutlass::arch::fence_barrier_init();
    }
    // The second product's ids and weights were complete before the first one let dependents start; only its rows come from it.
    if constexpr (!Traits::kIsSecond) {
        wait_for_producers();
    }
    const uint32_t live_pairs = build_groups(args, header.groups, reinterpret_cast<PairMask*>(rings));
    if (args.shared_rows != 0 && threadIdx.x == 0) {
        const uint32_t live_rows = (live_pairs + args.pairs_per_row - 1) / args.pairs_per_row;
        const uint32_t bytes = live_rows * args.size_k * sizeof(typename Traits::Element);
        cutlass::arch::ClusterTransactionBarrier::arrive_and_expect_tx(&header.rows_full, bytes);
        if (bytes != 0) {
            copy_bulk(shared_rows, args.rows, bytes, &header.rows_full);
        }
    }
    __syncwarp();

    WeightStream<Traits> stream(args, header.groups, ring, header.full[warp]);
    for (uint32_t i = 0; i < args.num_stages; ++i) {
        stream.issue();
    }
    const SlotSums<Traits> slot_sums(args, reinterpret_cast<float*>(shared_rows));
    if constexpr (Traits::kIsSecond) {
        slot_sums.prepare(args, header.groups);
        __syncthreads();
        wait_for_producers();
    }
    if (args.shared_rows != 0) {
        Barrier::wait(&header.rows_full, 0);
    }

    const DecodeSource source{
        args.shared_rows != 0 ? shared_rows : static_cast<const uint8_t*>(args.rows), &header.groups};
    RingCursor cursor{ring, header.full[warp]};
    DecodeUnits<Traits> units(args, header.groups);
    if constexpr (Traits::kIsSecond) {
        const uint32_t live_tokens = (live_pairs + args.top_k - 1) / args.top_k;
        const uint32_t turns = units.turns(args);
        for (uint32_t first = 0; first < turns; first += args.result_units) {
            const uint32_t end = min(first + args.result_units, turns);
            while (units.has_before(end, header.groups)) {
                const DecodeUnit<Traits> unit = units.take(args, header.groups);
                compute_pairs<Traits>(args, source, unit, cursor, stream, slot_sums, unit.turn - first);
            }
            __syncthreads();
            slot_sums.store(args, first, end - first, live_tokens);
            __syncthreads();
        }
    } else {
        while (units.has()) {
            compute_pairs<Traits>(args, source, units.take(args, header.groups), cursor, stream, slot_sums, 0);
        }
    }
}

// Names one instance of the kernel; registers let two blocks share a multiprocessor.
#define FUSEDMOE_DECODE(name, ...)                                                                              \
    extern "C" __device__ const int name##__constant__shared_bytes = DecodeTraits<__VA_ARGS__>::kSharedBytes;   \
    extern "C" __device__ const int name##__constant__header_bytes = DecodeTraits<__VA_ARGS__>::kHeaderBytes;   \
    extern "C" __device__ const int name##__constant__stage_bytes =                                             \
        DecodeTraits<__VA_ARGS__>::kWarps * DecodeTraits<__VA_ARGS__>::kStageBytes;                             \
    extern "C" __device__ const int name##__constant__unit_rows = DecodeTraits<__VA_ARGS__>::kRows;             \
    extern "C" __device__ const int name##__constant__max_stages = DecodeTraits<__VA_ARGS__>::kMaxStages;       \
    extern "C" __global__ void __launch_bounds__(DecodeTraits<__VA_ARGS__>::kThreads, 2)                        \
        name(const __grid_constant__ DecodeArgs args) {                                                         \
        decode<DecodeTraits<__VA_ARGS__>>(args);                                                                \
    }
