"""A few tokens: no sorting, no tensor cores, weights streamed once per pair. Ids are read as the router left them."""

import triton
import triton.language as tl

from tiles import gated_activation


@triton.jit
def local_expert(ids_ptr, map_ptr, index, present, global_experts, local_experts, flags):
    """Local expert and whether there is one, for scalar or tensor indices. Flag 32: global ids go through map_ptr."""
    ids = tl.load(ids_ptr + index, mask=present, other=-1)
    legal = (ids >= 0) & (ids < global_experts)
    mapped = tl.load(map_ptr + ids, mask=legal & ((flags & 32) != 0), other=-1)
    expert = tl.where((flags & 32) != 0, mapped, ids)
    here = legal & (expert >= 0) & (expert < local_experts)
    return tl.where(here, expert, 0), here


@triton.jit
def live_tokens(valid_ptr, tokens, flags):
    """Flag 64: the number of live tokens lies on the device."""
    valid = tl.load(valid_ptr, mask=(flags & 64) != 0, other=0)
    return tl.where((flags & 64) != 0, tl.minimum(valid, tokens), tokens)


@triton.jit
def bias_of(bias_f32_ptr, bias_ptr, offsets, present, flags):
    wide = tl.load(bias_f32_ptr + offsets, mask=present & ((flags & 1) != 0), other=0.0)
    narrow = tl.load(bias_ptr + offsets, mask=present & ((flags & 2) != 0), other=0.0)
    return wide + narrow.to(tl.float32)


@triton.jit
def tiny_gate_up(
    x_ptr, w_ptr, out_ptr, bias_f32_ptr, bias_ptr, ids_ptr, map_ptr, valid_ptr,
    n_out, k_size, tokens, top_k, global_experts, local_experts, stride_xm, stride_we, stride_wn, stride_om,
    bias_stride, gate_step, half_step, flags, gate_limit, up_limit, alpha, cubic, beta, silu_limit,
    BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, EVEN_K: tl.constexpr, STAGES: tl.constexpr, USE_PDL: tl.constexpr,
    GATED: tl.constexpr,
):
    """First product and activation of one pair and BLOCK_N outputs.

    Pairs are the fast index, so that pairs of one expert find its weights in L2. The second kernel may start when the
    weights are read: one that starts with this one is crowded onto the multiprocessors that have room by then.
    """
    if USE_PDL:
        tl.extra.cuda.gdc_wait()
    pairs = tokens * top_k
    pair = tl.program_id(0) % pairs
    columns = (tl.program_id(0) // pairs) * BLOCK_N + tl.arange(0, BLOCK_N)
    token = pair // top_k
    live = token < live_tokens(valid_ptr, tokens, flags)
    expert, here = local_expert(ids_ptr, map_ptr, pair, live, global_experts, local_experts, flags)
    offs_k = tl.arange(0, BLOCK_K)
    gate_rows = (columns % n_out) * gate_step
    base = w_ptr + tl.cast(expert, tl.int64) * stride_we
    gate_ptrs = base + (gate_rows[:, None] * stride_wn + offs_k[None, :])
    up_ptrs = gate_ptrs + half_step * stride_wn
    x_ptrs = x_ptr + tl.cast(token, tl.int64) * stride_xm + offs_k
    gate_acc = tl.zeros((BLOCK_N, BLOCK_K), dtype=tl.float32)
    up_acc = tl.zeros((BLOCK_N, BLOCK_K), dtype=tl.float32)
    for step in tl.range(0, tl.where(here, tl.cdiv(k_size, BLOCK_K), 0), num_stages=STAGES):
        if EVEN_K:
            x = tl.load(x_ptrs).to(tl.float32)[None, :]
            gate_acc += tl.load(gate_ptrs).to(tl.float32) * x
            if GATED:
                up_acc += tl.load(up_ptrs).to(tl.float32) * x
        else:
            inside = offs_k < k_size - step * BLOCK_K
            x = tl.load(x_ptrs, mask=inside, other=0.0).to(tl.float32)[None, :]
            gate_acc += tl.load(gate_ptrs, mask=inside[None, :], other=0.0).to(tl.float32) * x
            if GATED:
                up_acc += tl.load(up_ptrs, mask=inside[None, :], other=0.0).to(tl.float32) * x
        x_ptrs += BLOCK_K
        gate_ptrs += BLOCK_K
        up_ptrs += BLOCK_K
    if USE_PDL:
        tl.extra.cuda.gdc_launch_dependents()
    bias_base = tl.cast(expert, tl.int64) * bias_stride
    gate = tl.sum(gate_acc, axis=1) + bias_of(bias_f32_ptr, bias_ptr, bias_base + gate_rows, columns < n_out, flags)
    if GATED:
        up_rows = gate_rows + half_step
        up = tl.sum(up_acc, axis=1) + bias_of(bias_f32_ptr, bias_ptr, bias_base + up_rows, columns < n_out, flags)
        value = gated_activation(gate, up, gate_limit, up_limit, alpha, cubic, beta, silu_limit)
    else:
        positive = tl.maximum(gate, 0.0)
        value = tl.where((flags & 4) != 0, positive * positive, gate)
    out_ptrs = out_ptr + tl.cast(pair, tl.int64) * stride_om + columns
    tl.store(out_ptrs, value.to(out_ptr.dtype.element_ty), mask=(columns < n_out) & here)


@triton.jit
def tiny_down(
    a_ptr, w_ptr, out_ptr, bias_f32_ptr, bias_ptr, ids_ptr, map_ptr, weights_ptr, valid_ptr,
    n_out, k_size, tokens, top_k, global_experts, local_experts, stride_am, stride_we, stride_wn, stride_om,
    bias_stride, flags,
    BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, EVEN_K: tl.constexpr, STAGES: tl.constexpr, USE_PDL: tl.constexpr,
    SLOTS: tl.constexpr,
):
    """Second product, router weight and the sum over top-k of one token and BLOCK_N outputs.

    Slots with an expert of this rank take turns in one loop over all their K steps, so that one slot's weights are on their
    way while the slot before is multiplied. A slot's weight multiplies its row of a instead of its product. SLOTS is the
    power of two that holds top_k. Flag 8: weights_ptr is applied. Tokens without a local expert get zeros. Routing was
    complete before tiny_gate_up began to read weights, so that it is read before the wait.
    """
    token = tl.program_id(0) % tokens
    columns = (tl.program_id(0) // tokens) * BLOCK_N + tl.arange(0, BLOCK_N)
    live = token < live_tokens(valid_ptr, tokens, flags)
    slots = tl.arange(0, SLOTS)
    pairs = token * top_k + slots
    experts, here = local_expert(ids_ptr, map_ptr, pairs, (slots < top_k) & live, global_experts, local_experts, flags)
    weights = tl.load(weights_ptr + pairs, mask=here & ((flags & 8) != 0), other=1.0)
    turns = tl.cumsum(here.to(tl.int32), axis=0) - 1
    rows = columns % n_out
    offs_k = tl.arange(0, BLOCK_K)
    if USE_PDL:
        tl.extra.cuda.gdc_wait()
        tl.extra.cuda.gdc_launch_dependents()
    tile = rows[:, None] * stride_wn + offs_k[None, :]
    steps = tl.cdiv(k_size, BLOCK_K)
    acc = tl.zeros((BLOCK_N, BLOCK_K), dtype=tl.float32)
    for step in tl.range(0, tl.sum(here.to(tl.int32), axis=0) * steps, num_stages=STAGES):
        chosen = here & (turns == step // steps)
        first = (step % steps) * BLOCK_K
        expert = tl.sum(tl.where(chosen, experts, 0), axis=0)
        slot = tl.sum(tl.where(chosen, slots, 0), axis=0)
        weight = tl.sum(tl.where(chosen, weights, 0.0), axis=0)
        w_ptrs = w_ptr + (tl.cast(expert, tl.int64) * stride_we + first) + tile
        a_ptrs = a_ptr + (tl.cast(token * top_k + slot, tl.int64) * stride_am + first) + offs_k
        if EVEN_K:
            a = tl.load(a_ptrs).to(tl.float32) * weight
            acc += tl.load(w_ptrs).to(tl.float32) * a[None, :]
        else:
            inside = offs_k < k_size - first
            a = tl.load(a_ptrs, mask=inside, other=0.0).to(tl.float32) * weight
            acc += tl.load(w_ptrs, mask=inside[None, :], other=0.0).to(tl.float32) * a[None, :]
    bias_rows = experts.to(tl.int64)[:, None] * bias_stride + rows[None, :]
    bias = bias_of(bias_f32_ptr, bias_ptr, bias_rows, here[:, None] & (rows >= 0)[None, :], flags)
    value = tl.sum(acc, axis=1) + tl.sum(bias * weights[:, None], axis=0)
    out_ptrs = out_ptr + tl.cast(token, tl.int64) * stride_om + columns
    tl.store(out_ptrs, value.to(out_ptr.dtype.element_ty), mask=(columns < n_out) & live)
