// Rounding to short formats. Scales and quotients are IEEE divisions and every rounding is to nearest even, so that the
// bits are those of the C# quantizers.
#pragma once

#include "common/numbers.cuh"

namespace moe {

struct QuantFormat {
    int element;
    int scale_dtype;
    float element_max;
    // Second-level scale of e4m3 scales.
    float second_scale;
};

// Magnitudes are compared as unsigned bits, which have the order of the numbers. NaN does not count; infinity does.
__device__ __forceinline__ uint32_t magnitude_bits(float x) {
    return x != x ? 0u : __float_as_uint(x) & 0x7fffffffu;
}

__device__ __forceinline__ uint32_t magnitude_bits(const float (&values)[kVector]) {
    uint32_t max = 0;
#pragma unroll
    for (int i = 0; i < kVector; i++) {
        max = umax(max, magnitude_bits(values[i]));
    }
    return max;
}

// e8m0 byte of the smallest power of two that is at least `value`; 255 for NaN and for values above 2^127.
__device__ __forceinline__ uint8_t e8m0_round_up(float value) {
    const uint32_t bits = __float_as_uint(value);
    if (value != value || bits > 0x7f000000u) {
        return 255;
    }
    // 2^-127 is the subnormal of bits 2^22.
    if (bits <= 0x00400000u) {
        return 0;
    }
    return static_cast<uint8_t>((bits >> 23) + ((bits & 0x7fffffu) != 0 ? 1 : 0));
}

__device__ __forceinline__ float e8m0_value(uint8_t byte) {
    return byte == 0 ? __uint_as_float(0x00400000u) : byte == 255 ? __uint_as_float(0x7fc00000u)
                                                                   : __uint_as_float(static_cast<uint32_t>(byte) << 23);
}

__device__ __forceinline__ float e4m3_value(uint8_t code) {
    const __half_raw half = __nv_cvt_fp8_to_halfraw(code, __NV_E4M3);
    return __half2float(__half(half));
}

// What a group is divided by and what is stored for it.
struct GroupScale {
    float divisor;
    float stored;
    uint8_t code;
};

// The scale of a group whose largest magnitude has these bits.
__device__ __forceinline__ GroupScale scale_of(uint32_t amax_bits, const QuantFormat& format) {
    const float amax = __uint_as_float(amax_bits);
    const float scale = __fdiv_rn(amax < 1e-12f ? 1e-12f : amax, format.element_max);
    if (format.scale_dtype == kFloat8E8M0) {
        const uint8_t code = e8m0_round_up(scale);
        return {e8m0_value(code), 0.0f, code};
    }
    if (format.scale_dtype == kFloat8E4M3) {
        const uint8_t code = __nv_cvt_float_to_fp8(__fdiv_rn(scale, format.second_scale), __NV_SATFINITE, __NV_E4M3);
        return {__fmul_rn(e4m3_value(code), format.second_scale), 0.0f, code};
    }
    return {scale, scale, 0};
}

__device__ __forceinline__ void store_scale(
    void* scales, int64_t index, const GroupScale& scale, const QuantFormat& format) {
    if (format.scale_dtype == kFloat32) {
        static_cast<float*>(scales)[index] = scale.stored;
    } else {
        static_cast<uint8_t*>(scales)[index] = scale.code;
    }
}

__device__ __forceinline__ float divide(float x, float divisor) {
    return divisor == 0.0f ? 0.0f : __fdiv_rn(x, divisor);
}

// Ties go to the even mantissa; everything above 5, NaN included, is 6.
__device__ __forceinline__ uint32_t encode_e2m1(float x) {
    const float a = fabsf(x);
    const uint32_t code = a <= 0.25f ? 0 : a < 0.75f ? 1 : a <= 1.25f ? 2 : a < 1.75f ? 3 : a <= 2.5f ? 4
        : a < 3.5f ? 5 : a <= 5.0f ? 6 : 7;
    return code | (__float_as_uint(x) >> 28 & 8u);
}

__device__ __forceinline__ uint32_t encode_byte(float x, int element) {
    if (element == kInt8) {
        const float rounded = rintf(x);
        const float clamped = rounded > 127.0f ? 127.0f : rounded < -128.0f ? -128.0f : rounded;
        return static_cast<uint32_t>(static_cast<int>(x != x ? 0.0f : clamped)) & 0xffu;
    }
    return __nv_cvt_float_to_fp8(x, __NV_SATFINITE, __NV_E4M3);
}

// Quantizes eight neighbours and stores those before `end`. Packed types need an even index and, unless vectors fit, an
// even row.
__device__ __forceinline__ void quantize8(
    const float (&values)[kVector], float scale, const QuantFormat& format, void* output, int64_t index, int64_t end,
    bool is_vector) {
    uint8_t* bytes = static_cast<uint8_t*>(output);
    if (format.element == kFloat4E2M1) {
        uint32_t word = 0;
#pragma unroll
        for (int i = 0; i < kVector; i++) {
            word |= encode_e2m1(divide(values[i], scale)) << 4 * i;
        }
        if (is_vector) {
            *reinterpret_cast<uint32_t*>(bytes + index / 2) = word;
            return;
        }
        for (int i = 0; i < kVector / 2 && index + 2 * i < end; i++) {
            bytes[index / 2 + i] = static_cast<uint8_t>(word >> 8 * i);
        }
        return;
    }
    uint32_t words[2] = {0, 0};
#pragma unroll
    for (int i = 0; i < kVector; i++) {
        words[i / 4] |= encode_byte(divide(values[i], scale), format.element) << 8 * (i % 4);
    }
    if (is_vector) {
        *reinterpret_cast<uint2*>(bytes + index) = make_uint2(words[0], words[1]);
        return;
    }
#pragma unroll
    for (int i = 0; i < kVector; i++) {
        if (index + i < end) {
            bytes[index + i] = static_cast<uint8_t>(words[i / 4] >> 8 * (i % 4));
        }
    }
}

}  // namespace moe
