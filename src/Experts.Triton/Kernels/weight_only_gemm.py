"""Grouped products of bf16 activations and quantized weights: uint4, fp4 e2m1 (mxfp4), uint8 and fp8 e4m3."""

import triton
import triton.language as tl

from tiles import add_bias, finish_tile, locate_rows, locate_tile, weight_rows


@triton.jit
def fp4_to_float(code):
    """e2m1 by bits: exponent 0 holds 0 and 0.5, otherwise 2^(exponent - 1) * (1 + mantissa / 2)."""
    magnitude = code & 7
    exponent = magnitude >> 1
    mantissa = magnitude & 1
    bits = tl.where(exponent == 0, mantissa * 0x3F000000, ((exponent + 126) << 23) | (mantissa << 22))
    value = bits.to(tl.float32, bitcast=True)
    return tl.where((code & 8) != 0, -value, value)


@triton.jit
def spread(groups, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP: tl.constexpr):
    """[BLOCK_N, BLOCK_K / GROUP] to [BLOCK_N, BLOCK_K], every entry GROUP times in a row."""
    wide = tl.broadcast_to(tl.expand_dims(groups, 2), (BLOCK_N, BLOCK_K // GROUP, GROUP))
    return tl.reshape(wide, (BLOCK_N, BLOCK_K))


@triton.jit
def weight_only_gemm(
    a_ptr, b_ptr, c_ptr, b_scale_ptr, b_zero_ptr, bias_f32_ptr, bias_ptr, row_weights_ptr, row_ids_ptr,
    block_experts_ptr, row_count_ptr,
    n_out, k_size, row_limit, row_divisor, experts, stride_am, stride_be, stride_bn, stride_cm, bias_stride,
    group_m, stride_bse, stride_bsn, stride_bsk, scale_rows, stride_bze, stride_bzn,
    gate_step, half_step, flags, gate_limit, up_limit, alpha, cubic, beta, silu_limit,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, KIND: tl.constexpr, GROUP: tl.constexpr,
    GATED: tl.constexpr, BATCHED: tl.constexpr, USE_PDL: tl.constexpr,
):
    """KIND 0 uint4, 1 fp4 with e8m0 scales, 2 uint8, 3 fp8; GROUP columns of a weight row share a scale.

    Flag 16: zero points are stored, two a byte along the weight rows (low nibble the even row); otherwise 8 and 128.
    """
    if USE_PDL:
        tl.extra.cuda.gdc_wait()
        tl.extra.cuda.gdc_launch_dependents()
    BLOCK_OUT: tl.constexpr = BLOCK_N // 2 if GATED else BLOCK_N
    BYTES: tl.constexpr = BLOCK_K // 2 if KIND < 2 else BLOCK_K
    PACK: tl.constexpr = 2 if KIND < 2 else 1
    GROUPS: tl.constexpr = BLOCK_K // GROUP if GROUP < BLOCK_K else 1
    column_blocks = tl.cdiv(n_out, BLOCK_OUT)
    if BATCHED:
        row_blocks = experts * tl.cdiv(row_limit, BLOCK_M)
    else:
        row_blocks = tl.load(row_count_ptr) // BLOCK_M
    k_steps = tl.cdiv(k_size, BLOCK_K)
    offs_k = tl.arange(0, BLOCK_K)
    offs_b = tl.arange(0, BYTES)
    offs_g = tl.arange(0, GROUPS)
    for tile in range(tl.program_id(0), row_blocks * column_blocks, tl.num_programs(0)):
        block_m, block_n = locate_tile(tile, row_blocks, column_blocks, group_m)
        expert, rows, live, busy = locate_rows(
            block_m, row_ids_ptr, block_experts_ptr, row_count_ptr, row_limit, BLOCK_M, BATCHED)
        b_rows = weight_rows(block_n, n_out, gate_step, half_step, BLOCK_N, GATED)
        wide_expert = tl.cast(expert, tl.int64)
        a_ptrs = a_ptr + (rows // row_divisor).to(tl.int64)[:, None] * stride_am + offs_k[None, :]
        b_ptrs = b_ptr + wide_expert * stride_be + (b_rows[:, None] * stride_bn + offs_b[None, :])
        s_base = b_scale_ptr + wide_expert * stride_bse + ((b_rows // scale_rows) * stride_bsn)[:, None]
        z_base = b_zero_ptr + wide_expert * stride_bze + ((b_rows // 2) * stride_bzn)[:, None]
        z_shift = ((b_rows % 2) * 4)[:, None]
        acc = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
        for step in range(0, tl.where(busy, k_steps, 0)):
            left = k_size - step * BLOCK_K
            a = tl.load(a_ptrs, mask=live[:, None] & (offs_k < left)[None, :], other=0.0)
            if KIND == 3:
                raw = tl.load(b_ptrs, mask=(offs_b * PACK < left)[None, :], other=0.0)
            else:
                raw = tl.load(b_ptrs, mask=(offs_b * PACK < left)[None, :], other=0)
            group = (step * BLOCK_K) // GROUP + offs_g
            present = (offs_g * GROUP < left)[None, :] & (b_rows >= 0)[:, None]
            scale = tl.load(s_base + (group * stride_bsk)[None, :], mask=present, other=0)
            if KIND == 1:
                scale = (scale.to(tl.int32) << 23).to(tl.float32, bitcast=True)
            if KIND < 2:
                w_code = tl.interleave((raw & 15).to(tl.int32), ((raw >> 4) & 15).to(tl.int32))
            if KIND == 0:
                stored = tl.load(z_base + group[None, :], mask=present & ((flags & 16) != 0), other=0x88)
                zero = ((stored.to(tl.int32) >> z_shift) & 15).to(tl.float32)
                if GROUPS > 1:
                    w = w_code.to(tl.float32) - spread(zero, BLOCK_N, BLOCK_K, GROUP)
                else:
                    w = w_code.to(tl.float32) - zero
            elif KIND == 1:
                w = fp4_to_float(w_code)
            elif KIND == 2:
                w = raw.to(tl.float32) - 128.0
            else:
                w = raw.to(tl.float32)
            if GROUPS > 1:
                w = w * spread(scale, BLOCK_N, BLOCK_K, GROUP)
                acc = tl.dot(a, tl.trans(w.to(a_ptr.dtype.element_ty)), acc)
            else:
                # The codes are exact in bf16; scaling the product keeps them so.
                part = tl.dot(a, tl.trans(w.to(a_ptr.dtype.element_ty)))
                acc += part * tl.trans(scale)
            a_ptrs += BLOCK_K
            b_ptrs += BYTES
        acc = add_bias(acc, bias_f32_ptr, bias_ptr, wide_expert * bias_stride, b_rows, flags)
        finish_tile(acc, c_ptr, row_weights_ptr, rows, live, block_n, n_out, stride_cm, flags,
                    gate_limit, up_limit, alpha, cubic, beta, silu_limit, BLOCK_M, BLOCK_N, GATED)
