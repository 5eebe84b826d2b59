// Grouped products of bf16 rows and weights with float32 sums. Arguments of the traits: type, tokens of a tile, consumer
// warpgroups, gated, stages.
#include "../mainloop/kernel.cuh"

using bf16 = cutlass::bfloat16_t;

FUSEDMOE_GROUPED_GEMM(sm90_bf16_gated_8x1, bf16, 8, 1, true, 11)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_plain_8x1, bf16, 8, 1, false, 11)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_gated_128x2, bf16, 128, 2, true, 4)
FUSEDMOE_GROUPED_GEMM(sm90_bf16_plain_128x2, bf16, 128, 2, false, 4)
