#pragma once

#include <cute/atom/mma_traits_sm90_gmma.hpp>
#include <cute/tensor.hpp>
#include <cutlass/bfloat16.h>
#include <cutlass/half.h>

// wgmma of 64 x N x 16 from shared memory, both operands K-major, at the widths N that CUTLASS 3.4.1 has no atom for. PTX
// allows every multiple of 8 (PTX ISA, "wgmma.mma_async").
template <class Element, int kTokens>
struct ExtraWgmma;

// The sums of a warpgroup's thread as parameters, as operand numbers in the instruction, and as operands. Each list begins
// with the one before; inline assembly takes no loops and no names.
#define FUSEDMOE_SUM_PARAMETERS_24                                                                                    \
    float& d0, float& d1, float& d2, float& d3, float& d4, float& d5, float& d6, float& d7, float& d8, float& d9,     \
    float& d10, float& d11, float& d12, float& d13, float& d14, float& d15, float& d16, float& d17, float& d18,       \
    float& d19, float& d20, float& d21, float& d22, float& d23
#define FUSEDMOE_SUM_PARAMETERS_40                                                                                    \
    FUSEDMOE_SUM_PARAMETERS_24, float& d24, float& d25, float& d26, float& d27, float& d28, float& d29,               \
    float& d30, float& d31, float& d32, float& d33, float& d34, float& d35, float& d36, float& d37, float& d38,       \
    float& d39
#define FUSEDMOE_SUM_PARAMETERS_56                                                                                    \
    FUSEDMOE_SUM_PARAMETERS_40, float& d40, float& d41, float& d42, float& d43, float& d44, float& d45,               \
    float& d46, float& d47, float& d48, float& d49, float& d50, float& d51, float& d52, float& d53, float& d54,       \
    float& d55
#define FUSEDMOE_SUM_PARAMETERS_72                                                                                    \
    FUSEDMOE_SUM_PARAMETERS_56, float& d56, float& d57, float& d58, float& d59, float& d60, float& d61,               \
    float& d62, float& d63, float& d64, float& d65, float& d66, float& d67, float& d68, float& d69, float& d70,       \
    float& d71
#define FUSEDMOE_SUM_PARAMETERS_80                                                                                    \
    FUSEDMOE_SUM_PARAMETERS_72, float& d72, float& d73, float& d74, float& d75, float& d76, float& d77,               \
    float& d78, float& d79

#define FUSEDMOE_SUM_NUMBERS_24                                                                                       \
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21"              \
    ", %22, %23"
#define FUSEDMOE_SUM_NUMBERS_40                                                                                       \
    FUSEDMOE_SUM_NUMBERS_24                                                                                           \
    ", %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39"
#define FUSEDMOE_SUM_NUMBERS_56                                                                                       \
    FUSEDMOE_SUM_NUMBERS_40                                                                                           \
    ", %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55"
#define FUSEDMOE_SUM_NUMBERS_72                                                                                       \
    FUSEDMOE_SUM_NUMBERS_56                                                                                           \
    ", %56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71"
#define FUSEDMOE_SUM_NUMBERS_80                                                                                       \
    FUSEDMOE_SUM_NUMBERS_72                                                                                           \
    ", %72, %73, %74, %75, %76, %77, %78, %79"

#define FUSEDMOE_SUM_OPERANDS_24                                                                                      \
    "+f"(d0), "+f"(d1), "+f"(d2), "+f"(d3), "+f"(d4), "+f"(d5), "+f"(d6), "+f"(d7), "+f"(d8), "+f"(d9),               \
    "+f"(d10), "+f"(d11), "+f"(d12), "+f"(d13), "+f"(d14), "+f"(d15), "+f"(d16), "+f"(d17), "+f"(d18), "+f"(d19),     \
    "+f"(d20), "+f"(d21), "+f"(d22), "+f"(d23)
#define FUSEDMOE_SUM_OPERANDS_40                                                                                      \
    FUSEDMOE_SUM_OPERANDS_24, "+f"(d24), "+f"(d25), "+f"(d26), "+f"(d27), "+f"(d28), "+f"(d29), "+f"(d30),            \
    "+f"(d31), "+f"(d32), "+f"(d33), "+f"(d34), "+f"(d35), "+f"(d36), "+f"(d37), "+f"(d38), "+f"(d39)
#define FUSEDMOE_SUM_OPERANDS_56                                                                                      \
    FUSEDMOE_SUM_OPERANDS_40, "+f"(d40), "+f"(d41), "+f"(d42), "+f"(d43), "+f"(d44), "+f"(d45), "+f"(d46),            \
    "+f"(d47), "+f"(d48), "+f"(d49), "+f"(d50), "+f"(d51), "+f"(d52), "+f"(d53), "+f"(d54), "+f"(d55)
#define FUSEDMOE_SUM_OPERANDS_72                                                                                      \
    FUSEDMOE_SUM_OPERANDS_56, "+f"(d56), "+f"(d57), "+f"(d58), "+f"(d59), "+f"(d60), "+f"(d61), "+f"(d62),            \
    "+f"(d63), "+f"(d64), "+f"(d65), "+f"(d66), "+f"(d67), "+f"(d68), "+f"(d69), "+f"(d70), "+f"(d71)
#define FUSEDMOE_SUM_OPERANDS_80                                                                                      \
    FUSEDMOE_SUM_OPERANDS_72, "+f"(d72), "+f"(d73), "+f"(d74), "+f"(d75), "+f"(d76), "+f"(d77), "+f"(d78),            \
    "+f"(d79)

// Defines one width: `type` is the instruction's name of the type, `sums` half of the tokens, and `a`, `b` and `scale` are the
// numbers of the operands after the sums.
#define FUSEDMOE_WGMMA(Element, type, tokens, sums, a, b, scale)                                                      \
template <>                                                                                                           \
struct ExtraWgmma<Element, tokens> {                                                                                  \
    using DRegisters = void;                                                                                          \
    using ARegisters = uint64_t[1];                                                                                   \
    using BRegisters = uint64_t[1];                                                                                   \
    using CRegisters = float[sums];                                                                                   \
                                                                                                                      \
    CUTE_HOST_DEVICE static void fma(                                                                                 \
        const uint64_t& rows, const uint64_t& columns, FUSEDMOE_SUM_PARAMETERS_##sums, cute::GMMA::ScaleOut add) {    \
        asm volatile(                                                                                                 \
            "{\n.reg .pred p;\nsetp.ne.b32 p, " scale ", 0;\n"                                                        \
            "wgmma.mma_async.sync.aligned.m64n" #tokens "k16.f32." type "." type " {"                                 \
            FUSEDMOE_SUM_NUMBERS_##sums "}, " a ", " b ", p, 1, 1, 0, 0;\n}\n"                                        \
            : FUSEDMOE_SUM_OPERANDS_##sums                                                                            \
            : "l"(rows), "l"(columns), "r"(static_cast<int32_t>(add)));                                               \
    }                                                                                                                 \
};

#define FUSEDMOE_WGMMA_BOTH_TYPES(tokens, sums, a, b, scale)                                                          \
    FUSEDMOE_WGMMA(cutlass::bfloat16_t, "bf16", tokens, sums, a, b, scale)                                            \
    FUSEDMOE_WGMMA(cutlass::half_t, "f16", tokens, sums, a, b, scale)

FUSEDMOE_WGMMA_BOTH_TYPES(48, 24, "%24", "%25", "%26")
FUSEDMOE_WGMMA_BOTH_TYPES(80, 40, "%40", "%41", "%42")
FUSEDMOE_WGMMA_BOTH_TYPES(112, 56, "%56", "%57", "%58")
FUSEDMOE_WGMMA_BOTH_TYPES(144, 72, "%72", "%73", "%74")
FUSEDMOE_WGMMA_BOTH_TYPES(160, 80, "%80", "%81", "%82")

#undef FUSEDMOE_WGMMA_BOTH_TYPES
#undef FUSEDMOE_WGMMA

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
    constexpr bool kIsExtra = kTokens == 48 || kTokens == 80 || kTokens == 112 || kTokens == 144 || kTokens == 160;
    if constexpr (kIsExtra) {
        return ExtraWgmma<Element, kTokens>{};
    } else {
        return cute::GMMA::ss_op_selector<Element, Element, float,
                                          cute::Shape<cute::Int<64>, cute::Int<kTokens>, cute::Int<64>>>();
    }
}
