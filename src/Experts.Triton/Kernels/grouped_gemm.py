"""Grouped products of 16-bit activations and weights: c[row] = act(a[row / row_divisor] . b[expert]^T)."""

import triton
import triton.language as tl

from tiles import add_bias, finish_tile, locate_rows, locate_tile, weight_rows


@triton.jit
def grouped_gemm(
    a_ptr, b_ptr, c_ptr, bias_f32_ptr, bias_ptr, row_weights_ptr, row_ids_ptr, block_experts_ptr, row_count_ptr,
    n_out, k_size, row_limit, row_divisor, experts, stride_am, stride_be, stride_bn, stride_cm, bias_stride,
    group_m, gate_step, half_step, flags, gate_limit, up_limit, alpha, cubic, beta, silu_limit,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
    EVEN_K: tl.constexpr, GATED: tl.constexpr, BATCHED: tl.constexpr, USE_PDL: tl.constexpr,
):
    """One program strides over tiles, so a grid sized from a hint still covers every row that arrived."""
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
        a_ptrs = a_ptr + (rows // row_divisor).to(tl.int64)[:, None] * stride_am + offs_k[None, :]
        b_ptrs = b_ptr + wide_expert * stride_be + (b_rows[None, :] * stride_bn + offs_k[:, None])
        acc = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
        # A block without rows runs no step: it costs a scalar load, and its store is masked off.
        for step in range(0, tl.where(busy, k_steps, 0)):
            if EVEN_K:
                a = tl.load(a_ptrs, mask=live[:, None], other=0.0)
                b = tl.load(b_ptrs)
            else:
                inside = offs_k < k_size - step * BLOCK_K
                a = tl.load(a_ptrs, mask=live[:, None] & inside[None, :], other=0.0)
                b = tl.load(b_ptrs, mask=inside[:, None], other=0.0)
            acc = tl.dot(a, b, acc)
            a_ptrs += BLOCK_K
            b_ptrs += BLOCK_K
        acc = add_bias(acc, bias_f32_ptr, bias_ptr, wide_expert * bias_stride, b_rows, flags)
        finish_tile(acc, c_ptr, row_weights_ptr, rows, live, block_n, n_out, stride_cm, flags,
                    gate_limit, up_limit, alpha, cubic, beta, silu_limit, BLOCK_M, BLOCK_N, GATED)
