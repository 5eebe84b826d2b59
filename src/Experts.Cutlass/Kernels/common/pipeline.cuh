#pragma once

#include <cstdint>
#include <cutlass/arch/barrier.h>

// Arrival on an mbarrier when all earlier cp.async of this thread have landed in shared memory. The barrier's count
// includes these arrivals (".noinc").
__device__ __forceinline__ void arrive_when_copied(uint64_t* barrier) {
    const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(barrier));
    asm volatile("cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%0];" ::"r"(address) : "memory");
}

// Copies 16 bytes from device memory, or writes zeros when `is_live` is false (the address is then not read). What surrounds
// them in 256 bytes comes to L2: a row's next step.
__device__ __forceinline__ void copy_16_bytes(void* shared, const void* global, bool is_live) {
    const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
    const int bytes = is_live ? 16 : 0;
    asm volatile("cp.async.cg.shared.global.L2::256B [%0], [%1], 16, %2;" ::"r"(address), "l"(global), "r"(bytes)
                 : "memory");
}

// Waits until the kernels this one depends on have finished and their writes are visible (programmatic dependent launch).
__device__ __forceinline__ void wait_for_producers() { asm volatile("griddepcontrol.wait;" ::: "memory"); }

// Lets kernels that depend on this one start their prologue.
__device__ __forceinline__ void release_dependents() { asm volatile("griddepcontrol.launch_dependents;" ::: "memory"); }

// One place in the ring of shared-memory stages and the parity its barriers have there.
template <uint32_t kNumStages>
struct StageCursor {
    uint32_t index = 0;
    uint32_t parity = 0;

    __device__ __forceinline__ void advance() {
        if (++index == kNumStages) {
            index = 0;
            parity ^= 1;
        }
    }
};

// The address of `local` in the shared memory of another block of the cluster.
__device__ __forceinline__ uint32_t address_in_block(const void* local, uint32_t block) {
    const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(local));
    uint32_t remote;
    asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(remote) : "r"(address), "r"(block));
    return remote;
}

// Writes a word into a block of the cluster and completes its four bytes on that block's barrier.
__device__ __forceinline__ void send_word(uint32_t* target, uint64_t* barrier, uint32_t block, uint32_t word) {
    asm volatile("st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.u32 [%0], %1, [%2];" ::"r"(
                     address_in_block(target, block)),
                 "r"(word), "r"(address_in_block(barrier, block))
                 : "memory");
}
