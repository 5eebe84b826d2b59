#pragma once

#include "arguments.cuh"

// What a product is and does with its sums, as policies of the epilogue, in float32. A kernel instance has exactly one: a
// switch inside the unrolled epilogue would spread its code over more than the instruction cache holds. Other activations run
// as a step of their own.

__device__ __forceinline__ float sigmoid(float x) { return __fdividef(1.0f, 1.0f + __expf(-x)); }

__device__ __forceinline__ float clamp_both(float x, float limit) { return fminf(fmaxf(x, -limit), limit); }

// silu(min(g, L)) * clamp(u, -L, L); without a limit L is infinite.
struct Silu {
    static constexpr bool kIsGated = true;
    static constexpr bool kIsSecond = false;

    static __device__ __forceinline__ float apply(const GroupedGemmArgs& args, float gate, float up) {
        const float g = fminf(gate, args.limit);
        return g * sigmoid(g) * clamp_both(up, args.limit);
    }
};

// (clamp(u, -L, L) + beta) * g' * sigmoid(alpha * g'), g' = min(g, L): both arrangements of swigluoai.
struct SwigluOai {
    static constexpr bool kIsGated = true;
    static constexpr bool kIsSecond = false;

    static __device__ __forceinline__ float apply(const GroupedGemmArgs& args, float gate, float up) {
        const float g = fminf(gate, args.limit);
        return (clamp_both(up, args.limit) + args.beta) * g * sigmoid(args.alpha * g);
    }
};

// The sums as they are, in the first product of a layer whose activation is a step of its own.
struct Identity {
    static constexpr bool kIsGated = false;
    static constexpr bool kIsSecond = false;
};

// The sums as they are, in the second product.
struct Down {
    static constexpr bool kIsGated = false;
    static constexpr bool kIsSecond = true;
};
