// Grouped products of bf16 rows and weights with float32 sums. Arguments of the traits: type, activation, tokens of a
// tile, consumer warpgroups, stages.
#include "../mainloop/kernel.cuh"

using element = cutlass::bfloat16_t;

FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_silu_8x1, element, Silu, 8, 1, 13)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_swigluoai_8x1, element, SwigluOai, 8, 1, 13)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_plain_8x1, element, Identity, 8, 1, 13)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_silu_16x1, element, Silu, 16, 1, 12)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_swigluoai_16x1, element, SwigluOai, 16, 1, 12)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_plain_16x1, element, Identity, 16, 1, 12)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_silu_16x2, element, Silu, 16, 2, 6)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_swigluoai_16x2, element, SwigluOai, 16, 2, 6)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_plain_16x2, element, Identity, 16, 2, 6)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_silu_32x2, element, Silu, 32, 2, 6)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_swigluoai_32x2, element, SwigluOai, 32, 2, 6)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_plain_32x2, element, Identity, 32, 2, 6)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_silu_64x2, element, Silu, 64, 2, 5)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_swigluoai_64x2, element, SwigluOai, 64, 2, 5)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_plain_64x2, element, Identity, 64, 2, 5)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_silu_128x2, element, Silu, 128, 2, 4)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_swigluoai_128x2, element, SwigluOai, 128, 2, 4)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_plain_128x2, element, Identity, 128, 2, 4)
