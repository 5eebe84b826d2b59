"""Grouped products of quantized activations and weights: fp8 e4m3 or int8, scaled in float32."""

import triton
import triton.language as tl

from tiles import add_bias, finish_tile, locate_rows, locate_tile, weight_rows


@triton.jit
def scaled_gemm(
    a_ptr, b_ptr, c_ptr, a_scale_ptr, b_scale_ptr, bias_f32_ptr, bias_ptr, row_weights_ptr, row_ids_ptr,
    block_experts_ptr, row_count_ptr,
    n_out, k_size, row_limit, row_divisor, experts, stride_am, stride_be, stride_bn, stride_cm, bias_stride,
    group_m, stride_asm, stride_ask, stride_bse, stride_bsn, stride_bsk, scale_rows,
    gate_step, half_step, flags, gate_limit, up_limit, alpha, cubic, beta, silu_limit,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, BLOCK_SCALES: tl.constexpr,
    INTEGER: tl.constexpr, GATED: tl.constexpr, BATCHED: tl.constexpr, USE_PDL: tl.constexpr,
):
    """Scales per tensor, token and channel differ only in strides (0 repeats one scale) and are applied at the end.

    BLOCK_SCALES: one scale per scale_rows weight rows and BLOCK_K columns, one per row and BLOCK_K columns of a.
    """
    if USE_PDL:
        tl.extra.cuda.gdc_wait()
        tl.extra.cuda.gdc_launch_dependents()
    BLOCK_OUT: tl.constexpr = BLOCK_N // 2 if GATED else BLOCK_N
    column_blocks = tl.cdiv(n_out, BLOCK_OUT)
    if BATCHED:
        row_blocks = experts * tl.cdiv(row_limit, BLOCK_M)
    else:
        row_blocks = tl.load(row_count_ptr) // BLOCK_M
    k_steps = tl.cdiv(k_size, BLOCK_K)
    offs_k = tl.arange(0, BLOCK_K)
    for tile in range(tl.program_id(0), row_blocks * column_blocks, tl.num_programs(0)):
        block_m, block_n = locate_tile(tile, row_blocks, column_blocks, group_m)
        expert, rows, live, busy = locate_rows(
            block_m, row_ids_ptr, block_experts_ptr, row_count_ptr, row_limit, BLOCK_M, BATCHED)
        b_rows = weight_rows(block_n, n_out, gate_step, half_step, BLOCK_N, GATED)
        wide_expert = tl.cast(expert, tl.int64)
        a_rows = rows // row_divisor
        a_ptrs = a_ptr + a_rows.to(tl.int64)[:, None] * stride_am + offs_k[None, :]
        b_ptrs = b_ptr + wide_expert * stride_be + (b_rows[None, :] * stride_bn + offs_k[:, None])
        a_scales = a_scale_ptr + a_rows * stride_asm
        b_scales = b_scale_ptr + wide_expert * stride_bse + (b_rows // scale_rows) * stride_bsn
        if INTEGER:
            acc = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.int32)
        else:
            acc = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
        for step in range(0, tl.where(busy, k_steps, 0)):
            inside = offs_k < k_size - step * BLOCK_K
            a = tl.load(a_ptrs, mask=live[:, None] & inside[None, :], other=0.0)
            b = tl.load(b_ptrs, mask=inside[:, None], other=0.0)
            if BLOCK_SCALES:
                a_scale = tl.load(a_scales + step * stride_ask, mask=live, other=0.0)
                b_scale = tl.load(b_scales + step * stride_bsk)
                acc += tl.dot(a, b) * a_scale[:, None] * b_scale[None, :]
            elif INTEGER:
                acc = tl.dot(a, b, acc, out_dtype=tl.int32)
            else:
                # The fp8 tensor core adds in fewer bits than float32: every step is added in full float32.
                acc = tl.dot(a, b, acc, max_num_imprecise_acc=BLOCK_K)
            a_ptrs += BLOCK_K
            b_ptrs += BLOCK_K
        value = acc.to(tl.float32)
        if not BLOCK_SCALES:
            value = value * tl.load(a_scales, mask=live, other=0.0)[:, None] * tl.load(b_scales)[None, :]
        value = add_bias(value, bias_f32_ptr, bias_ptr, wide_expert * bias_stride, b_rows, flags)
        finish_tile(value, c_ptr, row_weights_ptr, rows, live, block_n, n_out, stride_cm, flags,
                    gate_limit, up_limit, alpha, cubic, beta, silu_limit, BLOCK_M, BLOCK_N, GATED)
