// Element types of activations and how eight neighbours of one row move between memory and float32 registers.
//
// The kernels here are bound by memory, so the type is a run-time code: the branch is the same for a whole grid and costs
// less than the three to nine times as many images that templates would give.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>
#include <stdint.h>

namespace moe {

// Values of the C# enum DType.
enum DType : int {
    kFloat32 = 0,
    kBFloat16 = 1,
    kFloat16 = 2,
    kFloat8E4M3 = 3,
    kInt8 = 5,
    kFloat4E2M1 = 11,
    kFloat8E8M0 = 12,
};

constexpr int kVector = 8;

__device__ __forceinline__ int bytes_of(int dtype) { return dtype == kFloat32 ? 4 : 2; }

__device__ __forceinline__ float load_one(const void* base, int dtype, int64_t index) {
    switch (dtype) {
        case kBFloat16: return __bfloat162float(static_cast<const __nv_bfloat16*>(base)[index]);
        case kFloat16: return __half2float(static_cast<const __half*>(base)[index]);
        default: return static_cast<const float*>(base)[index];
    }
}

__device__ __forceinline__ void store_one(void* base, int dtype, int64_t index, float value) {
    switch (dtype) {
        case kBFloat16: static_cast<__nv_bfloat16*>(base)[index] = __float2bfloat16_rn(value); break;
        case kFloat16: static_cast<__half*>(base)[index] = __float2half_rn(value); break;
        default: static_cast<float*>(base)[index] = value; break;
    }
}

__device__ __forceinline__ bool is_aligned16(const void* pointer) { return (reinterpret_cast<uintptr_t>(pointer) & 15) == 0; }

// True when rows of `columns` elements starting at an aligned base can be moved in vectors of eight.
__device__ __forceinline__ bool can_vectorize(const void* base, int64_t columns) {
    return is_aligned16(base) && columns % kVector == 0;
}

struct Vector {
    float values[kVector];
};

// The ways of odd shapes stay out of line: they are rare and would be half of every kernel.
static __device__ __noinline__ Vector load_odd(const void* base, int dtype, int64_t index, int64_t end) {
    Vector result;
#pragma unroll
    for (int i = 0; i < kVector; i++) {
        result.values[i] = index + i < end ? load_one(base, dtype, index + i) : 0.0f;
    }
    return result;
}

static __device__ __noinline__ void store_odd(void* base, int dtype, int64_t index, int64_t end, Vector vector) {
#pragma unroll
    for (int i = 0; i < kVector; i++) {
        if (index + i < end) {
            store_one(base, dtype, index + i, vector.values[i]);
        }
    }
}

// Eight bf16 or fp16 as float32.
__device__ __forceinline__ void widen8(const uint4& bits, int dtype, float (&values)[kVector]) {
    const uint32_t words[4] = {bits.x, bits.y, bits.z, bits.w};
#pragma unroll
    for (int i = 0; i < 4; i++) {
        if (dtype == kBFloat16) {
            values[2 * i] = __uint_as_float(words[i] << 16);
            values[2 * i + 1] = __uint_as_float(words[i] & 0xffff0000u);
        } else {
            const float2 pair = __half22float2(*reinterpret_cast<const __half2*>(&words[i]));
            values[2 * i] = pair.x;
            values[2 * i + 1] = pair.y;
        }
    }
}

// Loads elements [index, index + 8), those at or beyond `end` as zero. `is_vector` promises alignment and a full vector.
__device__ __forceinline__ void load8(
    const void* base, int dtype, int64_t index, int64_t end, bool is_vector, float (&values)[kVector]) {
    if (!is_vector) {
        const Vector odd = load_odd(base, dtype, index, end);
#pragma unroll
        for (int i = 0; i < kVector; i++) {
            values[i] = odd.values[i];
        }
        return;
    }

    if (dtype == kFloat32) {
        const float4* source = reinterpret_cast<const float4*>(static_cast<const float*>(base) + index);
        const float4 a = source[0];
        const float4 b = source[1];
        values[0] = a.x; values[1] = a.y; values[2] = a.z; values[3] = a.w;
        values[4] = b.x; values[5] = b.y; values[6] = b.z; values[7] = b.w;
        return;
    }

    widen8(*reinterpret_cast<const uint4*>(static_cast<const uint16_t*>(base) + index), dtype, values);
}

// Stores elements [index, index + 8), leaving those at or beyond `end` alone.
__device__ __forceinline__ void store8(
    void* base, int dtype, int64_t index, int64_t end, bool is_vector, const float (&values)[kVector]) {
    if (!is_vector) {
        Vector odd;
#pragma unroll
        for (int i = 0; i < kVector; i++) {
            odd.values[i] = values[i];
        }
        store_odd(base, dtype, index, end, odd);
        return;
    }

    if (dtype == kFloat32) {
        float4* target = reinterpret_cast<float4*>(static_cast<float*>(base) + index);
        target[0] = make_float4(values[0], values[1], values[2], values[3]);
        target[1] = make_float4(values[4], values[5], values[6], values[7]);
        return;
    }

    uint32_t words[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
        if (dtype == kBFloat16) {
            const __nv_bfloat162 pair = __floats2bfloat162_rn(values[2 * i], values[2 * i + 1]);
            words[i] = *reinterpret_cast<const uint32_t*>(&pair);
        } else {
            const __half2 pair = __floats2half2_rn(values[2 * i], values[2 * i + 1]);
            words[i] = *reinterpret_cast<const uint32_t*>(&pair);
        }
    }
    *reinterpret_cast<uint4*>(static_cast<uint16_t*>(base) + index) = make_uint4(words[0], words[1], words[2], words[3]);
}

}  // namespace moe
