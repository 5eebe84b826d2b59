// The arithmetic of routing, operation for operation that of the C# class RouterMath, so that both give the same bits.
// Entries that include this are compiled with -fmad=false: only __fmaf_rn fuses, and only where the C# says so.
#pragma once

#include <math.h>
#include <stdint.h>

namespace moe {

constexpr unsigned kAllLanes = 0xffffffffu;

__device__ __forceinline__ float negative_infinity() { return __int_as_float(0xff800000); }

__device__ __forceinline__ float router_exp(float x) {
    if (isnan(x)) {
        return x;
    }
    if (x < -86.0f) {
        return 0.0f;
    }
    if (x > 88.72283f) {
        return __int_as_float(0x7f800000);
    }
    const float n = rintf(x * 1.44269504f);
    float r = __fmaf_rn(n, -0.693359375f, x);
    r = __fmaf_rn(n, 2.12194440e-4f, r);
    float p = 1.98412698e-4f;
    p = __fmaf_rn(p, r, 1.38888889e-3f);
    p = __fmaf_rn(p, r, 8.33333333e-3f);
    p = __fmaf_rn(p, r, 4.16666667e-2f);
    p = __fmaf_rn(p, r, 1.66666667e-1f);
    p = __fmaf_rn(p, r, 0.5f);
    p = __fmaf_rn(p, r, 1.0f);
    p = __fmaf_rn(p, r, 1.0f);
    return p * __int_as_float((static_cast<int>(n) + 126) << 23) * 2.0f;
}

__device__ __forceinline__ float router_sigmoid(float x) { return 1.0f / (1.0f + router_exp(-x)); }

__device__ __forceinline__ float router_log1p(float y) {
    const float s = y / (y + 2.0f);
    const float z = s * s;
    float q = 6.66666667e-2f;
    q = __fmaf_rn(q, z, 7.69230769e-2f);
    q = __fmaf_rn(q, z, 9.09090909e-2f);
    q = __fmaf_rn(q, z, 1.11111111e-1f);
    q = __fmaf_rn(q, z, 1.42857143e-1f);
    q = __fmaf_rn(q, z, 0.2f);
    q = __fmaf_rn(q, z, 3.33333333e-1f);
    q = __fmaf_rn(q, z, 1.0f);
    return q * s * 2.0f;
}

__device__ __forceinline__ float router_sqrt_softplus(float x) {
    if (isnan(x)) {
        return x;
    }
    return sqrtf((x > 0.0f ? x : 0.0f) + router_log1p(router_exp(-fabsf(x))));
}

// Long rows call these instead of inlining them 32 times: an eighth of the code for a few hundred cycles.
__device__ __noinline__ float called_exp(float x) { return router_exp(x); }
__device__ __noinline__ float called_sigmoid(float x) { return router_sigmoid(x); }
__device__ __noinline__ float called_sqrt_softplus(float x) { return router_sqrt_softplus(x); }
__device__ __noinline__ float called_divide(float x, float y) { return x / y; }

template <int kPerLane>
struct RowMath {
    static constexpr bool kCalls = kPerLane > 8;
    __device__ __forceinline__ static float exp(float x) { return kCalls ? called_exp(x) : router_exp(x); }
    __device__ __forceinline__ static float divide(float x, float y) { return kCalls ? called_divide(x, y) : x / y; }
    __device__ __forceinline__ static float sigmoid(float x) { return kCalls ? called_sigmoid(x) : router_sigmoid(x); }
    __device__ __forceinline__ static float sqrt_softplus(float x) {
        // Rare: always called.
        return called_sqrt_softplus(x);
    }
};

__device__ __forceinline__ float warp_max(float value) {
#pragma unroll
    for (int step = 16; step > 0; step /= 2) {
        const float other = __shfl_xor_sync(kAllLanes, value, step);
        value = other > value ? other : value;
    }
    return value;
}

__device__ __forceinline__ float warp_sum(float value) {
#pragma unroll
    for (int step = 16; step > 0; step /= 2) {
        value = value + __shfl_xor_sync(kAllLanes, value, step);
    }
    return value;
}

// Softmax in place over the row that a warp holds, lane l having elements l, l + 32, …; absent elements are -infinity.
template <int kPerLane>
__device__ __forceinline__ void warp_softmax(float (&values)[kPerLane]) {
    float max = negative_infinity();
#pragma unroll
    for (int v = 0; v < kPerLane; v++) {
        max = values[v] > max ? values[v] : max;
    }
    max = warp_max(max);
    float sum = 0.0f;
#pragma unroll
    for (int v = 0; v < kPerLane; v++) {
        values[v] = RowMath<kPerLane>::exp(values[v] - max);
        sum = sum + values[v];
    }
    sum = warp_sum(sum);
#pragma unroll
    for (int v = 0; v < kPerLane; v++) {
        values[v] = RowMath<kPerLane>::divide(values[v], sum);
    }
}

// Unsigned integers in the order of the floats; both zeros are equal. 0 stays free for "taken or absent".
__device__ __forceinline__ uint32_t ordered(float key) {
    const uint32_t bits = __float_as_uint(key == 0.0f ? 0.0f : key);
    return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

}  // namespace moe
