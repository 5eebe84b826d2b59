// Products of few fp16 rows with weights that stream once, float32 sums. Arguments of the traits: type, activation.
#include "../decode/kernel.cuh"

using element = cutlass::half_t;

FUSEDMOE_DECODE(sm90_fp16_decode_silu, element, Silu)
FUSEDMOE_DECODE(sm90_fp16_decode_swigluoai, element, SwigluOai)
FUSEDMOE_DECODE(sm90_fp16_decode_plain, element, Identity)
FUSEDMOE_DECODE(sm90_fp16_decode_down, element, Down)
