"""The second product of a few tokens on a rank that holds some of the experts: streams those and nothing else."""

import triton
import triton.language as tl

from tiny_batch import bias_of, live_tokens, local_expert


@triton.jit
def tiny_down_local(
    a_ptr, w_ptr, out_ptr, bias_f32_ptr, bias_ptr, ids_ptr, map_ptr, weights_ptr, valid_ptr,
    n_out, k_size, tokens, top_k, global_experts, local_experts, stride_am, stride_we, stride_wn, stride_om,
    bias_stride, flags,
    SLOTS: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, EVEN_K: tl.constexpr, STAGES: tl.constexpr,
    USE_PDL: tl.constexpr,
):
    """Router weight and the sum over the local slots of one token, for BLOCK_N outputs.

    tiny_down gives every slot an equal share of a program's rows, so that slots of other ranks leave most of its loads
    masked off. Here local slots take turns and each has all rows. A token without any runs no step and gets zeros.
    """
    if USE_PDL:
        tl.extra.cuda.gdc_wait()
        tl.extra.cuda.gdc_launch_dependents()
    token = tl.program_id(0) % tokens
    columns = (tl.program_id(0) // tokens) * BLOCK_N + tl.arange(0, BLOCK_N)
    live = token < live_tokens(valid_ptr, tokens, flags)
    slots = tl.arange(0, SLOTS)
    experts, here = local_expert(
        ids_ptr, map_ptr, token * top_k + slots, (slots < top_k) & live, global_experts, local_experts, flags)
    places = tl.cumsum(here.to(tl.int32), axis=0)
    rows = columns % n_out
    offs_k = tl.arange(0, BLOCK_K)
    value = tl.zeros((BLOCK_N,), dtype=tl.float32)
    for turn in range(1, tl.sum(here.to(tl.int32), axis=0) + 1):
        chosen = here & (places == turn)
        pair = token * top_k + tl.sum(tl.where(chosen, slots, 0), axis=0)
        expert = tl.sum(tl.where(chosen, experts, 0), axis=0).to(tl.int64)
        w_ptrs = w_ptr + expert * stride_we + (rows[:, None] * stride_wn + offs_k[None, :])
        a_ptrs = a_ptr + tl.cast(pair, tl.int64) * stride_am + offs_k
        acc = tl.zeros((BLOCK_N, BLOCK_K), dtype=tl.float32)
        for step in tl.range(0, tl.cdiv(k_size, BLOCK_K), num_stages=STAGES):
            if EVEN_K:
                acc += tl.load(w_ptrs).to(tl.float32) * tl.load(a_ptrs).to(tl.float32)[None, :]
            else:
                inside = offs_k < k_size - step * BLOCK_K
                a = tl.load(a_ptrs, mask=inside, other=0.0).to(tl.float32)
                acc += tl.load(w_ptrs, mask=inside[None, :], other=0.0).to(tl.float32) * a[None, :]
            a_ptrs += BLOCK_K
            w_ptrs += BLOCK_K
        total = tl.sum(acc, axis=1) + bias_of(
            bias_f32_ptr, bias_ptr, expert * bias_stride + rows, columns < n_out, flags)
        value += total * tl.load(weights_ptr + pair, mask=(flags & 8) != 0, other=1.0)
    out_ptrs = out_ptr + tl.cast(token, tl.int64) * stride_om + columns
    tl.store(out_ptrs, value.to(out_ptr.dtype.element_ty), mask=(columns < n_out) & live)
