#pragma once

#include <cstdint>

// Numbers of ActivationKind, plus one; 0 is no activation.
enum class Activation : uint32_t {
    kNone = 0,
    kSilu = 1,
    kGelu = 2,
    kGeluTanh = 3,
    kSwigluOai = 4,
    kSwigluOaiUninterleave = 5,
    kSwigluStep = 6,
    kSitu = 7,
    kSiluNoMul = 8,
    kGeluNoMul = 9,
    kGeluTanhNoMul = 10,
    kRelu2NoMul = 11,
};

struct ActivationParameters {
    Activation kind;
    float limit;
    float alpha;
    float beta;
    float linear_beta;
};

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + __expf(-x)); }

__device__ __forceinline__ float gelu_erf(float x) { return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f)); }

__device__ __forceinline__ float gelu_tanh(float x) {
    return 0.5f * x * (1.0f + tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x)));
}

__device__ __forceinline__ float clamp_both(float x, float limit) { return fminf(fmaxf(x, -limit), limit); }

// The gated activations of gate `g` and up `u`, in float32. The kind is uniform over a launch, so the branch is free.
__device__ __forceinline__ float activate_gated(const ActivationParameters& p, float g, float u) {
    switch (p.kind) {
        case Activation::kSilu: {
            const float gate = fminf(g, p.limit);
            return gate * sigmoid(gate) * clamp_both(u, p.limit);
        }
        case Activation::kGelu:
            return gelu_erf(g) * u;
        case Activation::kGeluTanh:
            return gelu_tanh(g) * u;
        case Activation::kSwigluOai:
        case Activation::kSwigluOaiUninterleave: {
            const float gate = fminf(g, p.limit);
            return (clamp_both(u, p.limit) + p.beta) * gate * sigmoid(p.alpha * gate);
        }
        case Activation::kSwigluStep:
            return fminf(g * sigmoid(g), p.limit) * clamp_both(u, p.limit);
        default: {
            const float up = p.linear_beta > 0.0f ? p.linear_beta * tanhf(u / p.linear_beta) : u;
            return p.beta * tanhf(g / p.beta) * sigmoid(g) * up;
        }
    }
}

// The activations without a gate, or the value itself.
__device__ __forceinline__ float activate_plain(const ActivationParameters& p, float x) {
    switch (p.kind) {
        case Activation::kSiluNoMul:
            return x * sigmoid(x);
        case Activation::kGeluNoMul:
            return gelu_erf(x);
        case Activation::kGeluTanhNoMul:
            return gelu_tanh(x);
        case Activation::kRelu2NoMul: {
            const float positive = fmaxf(x, 0.0f);
            return positive * positive;
        }
        default:
            return x;
    }
}
