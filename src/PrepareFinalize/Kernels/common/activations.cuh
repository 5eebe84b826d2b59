// Activation functions as policies, in float32. The formulas are those of the C# enum ActivationKind.
#pragma once

#include <math.h>

namespace moe {

// limit < 0 stands for none; beta and linear_beta as in ActivationSpec, linear_beta <= 0 for none.
struct ActivationParameters {
    float limit;
    float alpha;
    float beta;
    float linear_beta;
};

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
__device__ __forceinline__ float silu(float x) { return x / (1.0f + expf(-x)); }
__device__ __forceinline__ float gelu(float x) { return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f)); }
__device__ __forceinline__ float gelu_tanh(float x) {
    return 0.5f * x * (1.0f + tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x)));
}

// min and max that keep a NaN, which fminf and fmaxf drop.
__device__ __forceinline__ float at_most(float x, float limit) { return x > limit ? limit : x; }
__device__ __forceinline__ float within(float x, float limit) { return x > limit ? limit : x < -limit ? -limit : x; }

struct Silu {
    static constexpr bool kGated = true, kInterleaved = false;
    __device__ static float apply(float g, float u, const ActivationParameters& p) {
        return p.limit < 0.0f ? silu(g) * u : silu(at_most(g, p.limit)) * within(u, p.limit);
    }
};

struct Gelu {
    static constexpr bool kGated = true, kInterleaved = false;
    __device__ static float apply(float g, float u, const ActivationParameters&) { return gelu(g) * u; }
};

struct GeluTanh {
    static constexpr bool kGated = true, kInterleaved = false;
    __device__ static float apply(float g, float u, const ActivationParameters&) { return gelu_tanh(g) * u; }
};

struct SwigluOaiUninterleave {
    static constexpr bool kGated = true, kInterleaved = false;
    __device__ static float apply(float g, float u, const ActivationParameters& p) {
        const float gate = at_most(g, p.limit);
        return (within(u, p.limit) + p.beta) * gate * sigmoid(p.alpha * gate);
    }
};

struct SwigluOai {
    static constexpr bool kGated = true, kInterleaved = true;
    __device__ static float apply(float g, float u, const ActivationParameters& p) {
        return SwigluOaiUninterleave::apply(g, u, p);
    }
};

struct SwigluStep {
    static constexpr bool kGated = true, kInterleaved = false;
    __device__ static float apply(float g, float u, const ActivationParameters& p) {
        return at_most(silu(g), p.limit) * within(u, p.limit);
    }
};

struct Situ {
    static constexpr bool kGated = true, kInterleaved = false;
    __device__ static float apply(float g, float u, const ActivationParameters& p) {
        const float up = p.linear_beta > 0.0f ? p.linear_beta * tanhf(u / p.linear_beta) : u;
        return p.beta * tanhf(g / p.beta) * sigmoid(g) * up;
    }
};

struct SiluNoMul {
    static constexpr bool kGated = false, kInterleaved = false;
    __device__ static float apply(float x, float, const ActivationParameters&) { return silu(x); }
};

struct GeluNoMul {
    static constexpr bool kGated = false, kInterleaved = false;
    __device__ static float apply(float x, float, const ActivationParameters&) { return gelu(x); }
};

struct GeluTanhNoMul {
    static constexpr bool kGated = false, kInterleaved = false;
    __device__ static float apply(float x, float, const ActivationParameters&) { return gelu_tanh(x); }
};

struct Relu2NoMul {
    static constexpr bool kGated = false, kInterleaved = false;
    __device__ static float apply(float x, float, const ActivationParameters&) {
        const float positive = x > 0.0f ? x : x <= 0.0f ? 0.0f : x;
        return positive * positive;
    }
};

}  // namespace moe
