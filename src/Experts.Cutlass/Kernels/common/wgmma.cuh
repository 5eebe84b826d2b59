#pragma once

#include <cute/atom/mma_traits_sm90_gmma.hpp>
#include <cute/tensor.hpp>
#include <cutlass/bfloat16.h>
#include <cutlass/half.h>

// wgmma of 64 x N x 16 from shared memory, both operands K-major, at the widths N that CUTLASS 3.4.1 has no atom for. PTX
// allows every multiple of 8 (PTX ISA, "wgmma.mma_async").
template <class Element, int kTokens>
struct ExtraWgmma;

// Defines both operand types at one width; `type` is the instruction's name of the type.
#define FUSEDMOE_WGMMA_48(Element, type)                                                                                \
template <>                                                                                                             \
struct ExtraWgmma<Element, 48> {                                                                                        \
    using DRegisters = void;                                                                                            \
    using ARegisters = uint64_t[1];                                                                                     \
    using BRegisters = uint64_t[1];                                                                                     \
    using CRegisters = float[24];                                                                                       \
                                                                                                                        \
    CUTE_HOST_DEVICE static void fma(                                                                                   \
        const uint64_t& a, const uint64_t& b,                                                                           \
        float& d0, float& d1, float& d2, float& d3, float& d4, float& d5, float& d6, float& d7, float& d8,              \
        float& d9, float& d10, float& d11, float& d12, float& d13, float& d14, float& d15, float& d16, float& d17,      \
        float& d18, float& d19, float& d20, float& d21, float& d22, float& d23,                                         \
        cute::GMMA::ScaleOut scale) {                                                                                   \
        asm volatile(                                                                                                   \
            "{\n.reg .pred p;\nsetp.ne.b32 p, %26, 0;\n"                                                                \
            "wgmma.mma_async.sync.aligned.m64n48k16.f32." type "." type " {"                                            \
            "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, "           \
            "%21, %22, %23"                                                                                             \
            "}, %24, %25, p, 1, 1, 0, 0;\n}\n"                                                                          \
            : "+f"(d0), "+f"(d1), "+f"(d2), "+f"(d3), "+f"(d4), "+f"(d5), "+f"(d6), "+f"(d7), "+f"(d8), "+f"(d9),       \
              "+f"(d10), "+f"(d11), "+f"(d12), "+f"(d13), "+f"(d14), "+f"(d15), "+f"(d16), "+f"(d17), "+f"(d18),        \
              "+f"(d19), "+f"(d20), "+f"(d21), "+f"(d22), "+f"(d23)                                                     \
            : "l"(a), "l"(b), "r"(static_cast<int32_t>(scale)));                                                        \
    }                                                                                                                   \
};

FUSEDMOE_WGMMA_48(cutlass::bfloat16_t, "bf16")
FUSEDMOE_WGMMA_48(cutlass::half_t, "f16")
#undef FUSEDMOE_WGMMA_48

#define FUSEDMOE_WGMMA_80(Element, type)                                                                                \
template <>                                                                                                             \
struct ExtraWgmma<Element, 80> {                                                                                        \
    using DRegisters = void;                                                                                            \
    using ARegisters = uint64_t[1];                                                                                     \
    using BRegisters = uint64_t[1];                                                                                     \
    using CRegisters = float[40];                                                                                       \
                                                                                                                        \
    CUTE_HOST_DEVICE static void fma(                                                                                   \
        const uint64_t& a, const uint64_t& b,                                                                           \
        float& d0, float& d1, float& d2, float& d3, float& d4, float& d5, float& d6, float& d7, float& d8,              \
        float& d9, float& d10, float& d11, float& d12, float& d13, float& d14, float& d15, float& d16, float& d17,      \
        float& d18, float& d19, float& d20, float& d21, float& d22, float& d23, float& d24, float& d25, float& d26,     \
        float& d27, float& d28, float& d29, float& d30, float& d31, float& d32, float& d33, float& d34, float& d35,     \
        float& d36, float& d37, float& d38, float& d39,                                                                 \
        cute::GMMA::ScaleOut scale) {                                                                                   \
        asm volatile(                                                                                                   \
            "{\n.reg .pred p;\nsetp.ne.b32 p, %42, 0;\n"                                                                \
            "wgmma.mma_async.sync.aligned.m64n80k16.f32." type "." type " {"                                            \
            "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, "           \
            "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39"             \
            "}, %40, %41, p, 1, 1, 0, 0;\n}\n"                                                                          \
            : "+f"(d0), "+f"(d1), "+f"(d2), "+f"(d3), "+f"(d4), "+f"(d5), "+f"(d6), "+f"(d7), "+f"(d8), "+f"(d9),       \
              "+f"(d10), "+f"(d11), "+f"(d12), "+f"(d13), "+f"(d14), "+f"(d15), "+f"(d16), "+f"(d17), "+f"(d18),        \
              "+f"(d19), "+f"(d20), "+f"(d21), "+f"(d22), "+f"(d23), "+f"(d24), "+f"(d25), "+f"(d26), "+f"(d27),        \
              "+f"(d28), "+f"(d29), "+f"(d30), "+f"(d31), "+f"(d32), "+f"(d33), "+f"(d34), "+f"(d35), "+f"(d36),        \
              "+f"(d37), "+f"(d38), "+f"(d39)                                                                           \
            : "l"(a), "l"(b), "r"(static_cast<int32_t>(scale)));                                                        \
    }                                                                                                                   \
};

FUSEDMOE_WGMMA_80(cutlass::bfloat16_t, "bf16")
FUSEDMOE_WGMMA_80(cutlass::half_t, "f16")
#undef FUSEDMOE_WGMMA_80

#define FUSEDMOE_WGMMA_112(Element, type)                                                                               \
template <>                                                                                                             \
struct ExtraWgmma<Element, 112> {                                                                                       \
    using DRegisters = void;                                                                                            \
    using ARegisters = uint64_t[1];                                                                                     \
    using BRegisters = uint64_t[1];                                                                                     \
    using CRegisters = float[56];                                                                                       \
                                                                                                                        \
    CUTE_HOST_DEVICE static void fma(                                                                                   \
        const uint64_t& a, const uint64_t& b,                                                                           \
        float& d0, float& d1, float& d2, float& d3, float& d4, float& d5, float& d6, float& d7, float& d8,              \
        float& d9, float& d10, float& d11, float& d12, float& d13, float& d14, float& d15, float& d16, float& d17,      \
        float& d18, float& d19, float& d20, float& d21, float& d22, float& d23, float& d24, float& d25, float& d26,     \
        float& d27, float& d28, float& d29, float& d30, float& d31, float& d32, float& d33, float& d34, float& d35,     \
        float& d36, float& d37, float& d38, float& d39, float& d40, float& d41, float& d42, float& d43, float& d44,     \
        float& d45, float& d46, float& d47, float& d48, float& d49, float& d50, float& d51, float& d52, float& d53,     \
        float& d54, float& d55,                                                                                         \
        cute::GMMA::ScaleOut scale) {                                                                                   \
        asm volatile(                                                                                                   \
            "{\n.reg .pred p;\nsetp.ne.b32 p, %58, 0;\n"                                                                \
            "wgmma.mma_async.sync.aligned.m64n112k16.f32." type "." type " {"                                           \
            "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, "           \
            "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, "           \
            "%40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55"                            \
            "}, %56, %57, p, 1, 1, 0, 0;\n}\n"                                                                          \
            : "+f"(d0), "+f"(d1), "+f"(d2), "+f"(d3), "+f"(d4), "+f"(d5), "+f"(d6), "+f"(d7), "+f"(d8), "+f"(d9),       \
              "+f"(d10), "+f"(d11), "+f"(d12), "+f"(d13), "+f"(d14), "+f"(d15), "+f"(d16), "+f"(d17), "+f"(d18),        \
              "+f"(d19), "+f"(d20), "+f"(d21), "+f"(d22), "+f"(d23), "+f"(d24), "+f"(d25), "+f"(d26), "+f"(d27),        \
              "+f"(d28), "+f"(d29), "+f"(d30), "+f"(d31), "+f"(d32), "+f"(d33), "+f"(d34), "+f"(d35), "+f"(d36),        \
              "+f"(d37), "+f"(d38), "+f"(d39), "+f"(d40), "+f"(d41), "+f"(d42), "+f"(d43), "+f"(d44), "+f"(d45),        \
              "+f"(d46), "+f"(d47), "+f"(d48), "+f"(d49), "+f"(d50), "+f"(d51), "+f"(d52), "+f"(d53), "+f"(d54),        \
              "+f"(d55)                                                                                                 \
            : "l"(a), "l"(b), "r"(static_cast<int32_t>(scale)));                                                        \
    }                                                                                                                   \
};

FUSEDMOE_WGMMA_112(cutlass::bfloat16_t, "bf16")
FUSEDMOE_WGMMA_112(cutlass::half_t, "f16")
#undef FUSEDMOE_WGMMA_112

#define FUSEDMOE_WGMMA_144(Element, type)                                                                               \
template <>                                                                                                             \
struct ExtraWgmma<Element, 144> {                                                                                       \
    using DRegisters = void;                                                                                            \
    using ARegisters = uint64_t[1];                                                                                     \
    using BRegisters = uint64_t[1];                                                                                     \
    using CRegisters = float[72];                                                                                       \
                                                                                                                        \
    CUTE_HOST_DEVICE static void fma(                                                                                   \
        const uint64_t& a, const uint64_t& b,                                                                           \
        float& d0, float& d1, float& d2, float& d3, float& d4, float& d5, float& d6, float& d7, float& d8,              \
        float& d9, float& d10, float& d11, float& d12, float& d13, float& d14, float& d15, float& d16, float& d17,      \
        float& d18, float& d19, float& d20, float& d21, float& d22, float& d23, float& d24, float& d25, float& d26,     \
        float& d27, float& d28, float& d29, float& d30, float& d31, float& d32, float& d33, float& d34, float& d35,     \
        float& d36, float& d37, float& d38, float& d39, float& d40, float& d41, float& d42, float& d43, float& d44,     \
        float& d45, float& d46, float& d47, float& d48, float& d49, float& d50, float& d51, float& d52, float& d53,     \
        float& d54, float& d55, float& d56, float& d57, float& d58, float& d59, float& d60, float& d61, float& d62,     \
        float& d63, float& d64, float& d65, float& d66, float& d67, float& d68, float& d69, float& d70, float& d71,     \
        cute::GMMA::ScaleOut scale) {                                                                                   \
        asm volatile(                                                                                                   \
            "{\n.reg .pred p;\nsetp.ne.b32 p, %74, 0;\n"                                                                \
            "wgmma.mma_async.sync.aligned.m64n144k16.f32." type "." type " {"                                           \
            "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, "           \
            "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, "           \
            "%40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, "           \
            "%59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71"                                           \
            "}, %72, %73, p, 1, 1, 0, 0;\n}\n"                                                                          \
            : "+f"(d0), "+f"(d1), "+f"(d2), "+f"(d3), "+f"(d4), "+f"(d5), "+f"(d6), "+f"(d7), "+f"(d8), "+f"(d9),       \
              "+f"(d10), "+f"(d11), "+f"(d12), "+f"(d13), "+f"(d14), "+f"(d15), "+f"(d16), "+f"(d17), "+f"(d18),        \
              "+f"(d19), "+f"(d20), "+f"(d21), "+f"(d22), "+f"(d23), "+f"(d24), "+f"(d25), "+f"(d26), "+f"(d27),        \
              "+f"(d28), "+f"(d29), "+f"(d30), "+f"(d31), "+f"(d32), "+f"(d33), "+f"(d34), "+f"(d35), "+f"(d36),        \
              "+f"(d37), "+f"(d38), "+f"(d39), "+f"(d40), "+f"(d41), "+f"(d42), "+f"(d43), "+f"(d44), "+f"(d45),        \
              "+f"(d46), "+f"(d47), "+f"(d48), "+f"(d49), "+f"(d50), "+f"(d51), "+f"(d52), "+f"(d53), "+f"(d54),        \
              "+f"(d55), "+f"(d56), "+f"(d57), "+f"(d58), "+f"(d59), "+f"(d60), "+f"(d61), "+f"(d62), "+f"(d63),        \
              "+f"(d64), "+f"(d65), "+f"(d66), "+f"(d67), "+f"(d68), "+f"(d69), "+f"(d70), "+f"(d71)                    \
            : "l"(a), "l"(b), "r"(static_cast<int32_t>(scale)));                                                        \
    }                                                                                                                   \
};

FUSEDMOE_WGMMA_144(cutlass::bfloat16_t, "bf16")
FUSEDMOE_WGMMA_144(cutlass::half_t, "f16")
#undef FUSEDMOE_WGMMA_144

#define FUSEDMOE_WGMMA_160(Element, type)                                                                               \
template <>                                                                                                             \
struct ExtraWgmma<Element, 160> {                                                                                       \
    using DRegisters = void;                                                                                            \
    using ARegisters = uint64_t[1];                                                                                     \
    using BRegisters = uint64_t[1];                                                                                     \
    using CRegisters = float[80];                                                                                       \
                                                                                                                        \
    CUTE_HOST_DEVICE static void fma(                                                                                   \
        const uint64_t& a, const uint64_t& b,                                                                           \
        float& d0, float& d1, float& d2, float& d3, float& d4, float& d5, float& d6, float& d7, float& d8,              \
        float& d9, float& d10, float& d11, float& d12, float& d13, float& d14, float& d15, float& d16, float& d17,      \
        float& d18, float& d19, float& d20, float& d21, float& d22, float& d23, float& d24, float& d25, float& d26,     \
        float& d27, float& d28, float& d29, float& d30, float& d31, float& d32, float& d33, float& d34, float& d35,     \
        float& d36, float& d37, float& d38, float& d39, float& d40, float& d41, float& d42, float& d43, float& d44,     \
        float& d45, float& d46, float& d47, float& d48, float& d49, float& d50, float& d51, float& d52, float& d53,     \
        float& d54, float& d55, float& d56, float& d57, float& d58, float& d59, float& d60, float& d61, float& d62,     \
        float& d63, float& d64, float& d65, float& d66, float& d67, float& d68, float& d69, float& d70, float& d71,     \
        float& d72, float& d73, float& d74, float& d75, float& d76, float& d77, float& d78, float& d79,                 \
        cute::GMMA::ScaleOut scale) {                                                                                   \
        asm volatile(                                                                                                   \
            "{\n.reg .pred p;\nsetp.ne.b32 p, %82, 0;\n"                                                                \
            "wgmma.mma_async.sync.aligned.m64n160k16.f32." type "." type " {"                                           \
            "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, "           \
            "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, "           \
            "%40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, "           \
            "%59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, "           \
            "%78, %79"                                                                                                  \
            "}, %80, %81, p, 1, 1, 0, 0;\n}\n"                                                                          \
            : "+f"(d0), "+f"(d1), "+f"(d2), "+f"(d3), "+f"(d4), "+f"(d5), "+f"(d6), "+f"(d7), "+f"(d8), "+f"(d9),       \
              "+f"(d10), "+f"(d11), "+f"(d12), "+f"(d13), "+f"(d14), "+f"(d15), "+f"(d16), "+f"(d17), "+f"(d18),        \
              "+f"(d19), "+f"(d20), "+f"(d21), "+f"(d22), "+f"(d23), "+f"(d24), "+f"(d25), "+f"(d26), "+f"(d27),        \
              "+f"(d28), "+f"(d29), "+f"(d30), "+f"(d31), "+f"(d32), "+f"(d33), "+f"(d34), "+f"(d35), "+f"(d36),        \
              "+f"(d37), "+f"(d38), "+f"(d39), "+f"(d40), "+f"(d41), "+f"(d42), "+f"(d43), "+f"(d44), "+f"(d45),        \
              "+f"(d46), "+f"(d47), "+f"(d48), "+f"(d49), "+f"(d50), "+f"(d51), "+f"(d52), "+f"(d53), "+f"(d54),        \
              "+f"(d55), "+f"(d56), "+f"(d57), "+f"(d58), "+f"(d59), "+f"(d60), "+f"(d61), "+f"(d62), "+f"(d63),        \
              "+f"(d64), "+f"(d65), "+f"(d66), "+f"(d67), "+f"(d68), "+f"(d69), "+f"(d70), "+f"(d71), "+f"(d72),        \
              "+f"(d73), "+f"(d74), "+f"(d75), "+f"(d76), "+f"(d77), "+f"(d78), "+f"(d79)                               \
            : "l"(a), "l"(b), "r"(static_cast<int32_t>(scale)));                                                        \
    }                                                                                                                   \
};

FUSEDMOE_WGMMA_160(cutlass::bfloat16_t, "bf16")
FUSEDMOE_WGMMA_160(cutlass::half_t, "f16")
#undef FUSEDMOE_WGMMA_160

namespace cute {

template <class Element, int kTokens>
struct MMA_Traits<ExtraWgmma<Element, kTokens>> {
    using ValTypeD = float;
    using ValTypeA = Element;
    using ValTypeB = Element;
    using ValTypeC = float;
    using FrgTypeA = GMMA::smem_desc<GMMA::Major::K>;
    using FrgTypeB = GMMA::smem_desc<GMMA::Major::K>;
    using Shape_MNK = Shape<_64, Int<kTokens>, _16>;
    using ThrID = Layout<_128>;
    using ALayout = GMMA::ABLayout<64, 16>;
    using BLayout = GMMA::ABLayout<kTokens, 16>;
    using CLayout = Layout<Shape<Shape<_4, _8, _4>, Shape<_2, _2, Int<kTokens / 8>>>,
                           Stride<Stride<_128, _1, _16>, Stride<_64, _8, _512>>>;
    GMMA::ScaleOut accumulate_ = GMMA::ScaleOut::One;
};

}  // namespace cute

// The instruction for a width: CUTLASS's where it has one.
template <class Element, uint32_t kTokens>
constexpr auto wgmma_of() {
    constexpr bool kIsNarrow = kTokens == 48 || kTokens == 80 || kTokens == 112 || kTokens == 144 || kTokens == 160;
    if constexpr (kIsNarrow) {
        return ExtraWgmma<Element, kTokens>{};
    } else {
        return cute::GMMA::ss_op_selector<Element, Element, float,
                                          cute::Shape<cute::Int<64>, cute::Int<kTokens>, cute::Int<64>>>();
    }
}
