// Programmatic dependent launch, bounds by a device-side count, and constants for the manifest.
#pragma once

#include <stdint.h>

// A compile-time constant of a kernel that the manifest shall hold.
#define KERNEL_CONSTANT(symbol, name, value) extern "C" __device__ const int symbol##__constant__##name = (value)

namespace moe {

// Lets the next kernel of the stream start its prologue, then waits until everything before this kernel is visible. Both
// are no-ops in a kernel that was not launched with programmatic serialization, and absent before compute capability 9.0.
__device__ __forceinline__ void begin_dependent() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// Rows that are live: all of them without a count, else count times `rows_per_unit`, kept inside 0 .. rows.
__device__ __forceinline__ int live_rows(const int* count, int rows_per_unit, int rows) {
    if (count == nullptr) {
        return rows;
    }
    const int64_t live = static_cast<int64_t>(*count) * rows_per_unit;
    return live < 0 ? 0 : live < rows ? static_cast<int>(live) : rows;
}

// The local expert of a global id, or -1 when the id is outside 0 .. global_experts - 1 or lives on another rank.
__device__ __forceinline__ int local_expert(int64_t id, const int* expert_map, int global_experts, int local_experts) {
    if (id < 0 || id >= global_experts) {
        return -1;
    }
    const int local = expert_map == nullptr ? static_cast<int>(id) : expert_map[id];
    return local >= 0 && local < local_experts ? local : -1;
}

// Expert ids are int32 or int64.
__device__ __forceinline__ int64_t load_id(const void* ids, int id_bytes, int64_t index) {
    return id_bytes == 8 ? static_cast<const int64_t*>(ids)[index] : static_cast<const int*>(ids)[index];
}

}  // namespace moe
