// Grouped products of bf16 rows and weights with float32 sums. Arguments of the traits: type, activation, tokens of a
// tile, consumer warpgroups, stages, blocks of a cluster.
#include "../mainloop/kernel.cuh"

using element = cutlass::bfloat16_t;

FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_silu_16x1, element, Silu, 16, 1, 12)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_swigluoai_16x1, element, SwigluOai, 16, 1, 12)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_plain_16x1, element, Identity, 16, 1, 12)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_down_16x1, element, Down, 16, 1, 12)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_silu_64x1, element, Silu, 64, 1, 8)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_swigluoai_64x1, element, SwigluOai, 64, 1, 8)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_plain_64x1, element, Identity, 64, 1, 8)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_down_64x1, element, Down, 64, 1, 8)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_silu_128x1, element, Silu, 128, 1, 6)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_swigluoai_128x1, element, SwigluOai, 128, 1, 6)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_plain_128x1, element, Identity, 128, 1, 6)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_down_128x1, element, Down, 128, 1, 6)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_silu_160x1, element, Silu, 160, 1, 5)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_swigluoai_160x1, element, SwigluOai, 160, 1, 5)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_plain_160x1, element, Identity, 160, 1, 5)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_down_160x1, element, Down, 160, 1, 5)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_silu_160x2c2, element, Silu, 160, 2, 4, 2)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_swigluoai_160x2c2, element, SwigluOai, 160, 2, 4, 2)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_plain_160x2c2, element, Identity, 160, 2, 4, 2)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_grouped_gemm_down_160x2c2, element, Down, 160, 2, 4, 2)
