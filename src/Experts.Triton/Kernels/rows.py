"""Row-wise steps around the grouped products: the weighted sum over top-k, and activations that no tile fuses."""

import triton
import triton.language as tl

from tiny_batch import live_tokens, local_expert


@triton.jit
def weighted_sum(
    x_ptr, out_ptr, ids_ptr, map_ptr, weights_ptr, valid_ptr,
    n_out, tokens, top_k, global_experts, local_experts, stride_xm, stride_om, flags,
    SLOTS: tl.constexpr, BLOCK_N: tl.constexpr, USE_PDL: tl.constexpr,
):
    """out[token] = sum over slots of weight * x[token * top_k + slot], in float32, in slot order.

    Slots that are not local are neither read nor added. Flag 8: weights_ptr is applied, otherwise weights are 1.
    """
    if USE_PDL:
        tl.extra.cuda.gdc_wait()
        tl.extra.cuda.gdc_launch_dependents()
    token = tl.program_id(0)
    columns = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
    live = token < live_tokens(valid_ptr, tokens, flags)
    acc = tl.zeros((BLOCK_N,), dtype=tl.float32)
    for slot in tl.static_range(SLOTS):
        pair = token * top_k + slot
        present = live & (top_k > slot)
        expert, here = local_expert(ids_ptr, map_ptr, pair, present, global_experts, local_experts, flags)
        weight = tl.load(weights_ptr + pair, mask=here & ((flags & 8) != 0), other=1.0)
        row = x_ptr + tl.cast(pair, tl.int64) * stride_xm
        acc += tl.load(row + columns, mask=(columns < n_out) & here, other=0.0).to(tl.float32) * weight
    out_ptrs = out_ptr + tl.cast(token, tl.int64) * stride_om + columns
    tl.store(out_ptrs, acc.to(out_ptr.dtype.element_ty), mask=(columns < n_out) & live)


@triton.jit
def tanh(x):
    return 2.0 / (1.0 + tl.exp(-2.0 * x)) - 1.0


@triton.jit
def activate_rows(
    x_ptr, out_ptr, ids_ptr, map_ptr, count_ptr, valid_ptr,
    n_out, rows, top_k, global_experts, local_experts, rows_per_expert, stride_xm, stride_om, gate_step, half_step,
    flags, alpha, cubic, beta, linear_beta,
    KIND: tl.constexpr, BATCHED: tl.constexpr, BLOCK_N: tl.constexpr, USE_PDL: tl.constexpr,
):
    """Activations of whole rows, only of rows that hold something: pairs with a local expert, or the first
    count_ptr[expert] rows of an expert.

    KIND 0 gelu (erf), gated; 1 situ, gated (beta is b, linear_beta is l, 0 for none); 2 not gated
    x * sigmoid(alpha x + cubic x^3); 3 gelu (erf), not gated.
    """
    if USE_PDL:
        tl.extra.cuda.gdc_wait()
        tl.extra.cuda.gdc_launch_dependents()
    row = tl.program_id(0)
    columns = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
    if BATCHED:
        owner = row // rows_per_expert
        here = (row - owner * rows_per_expert) < tl.load(count_ptr + owner)
    else:
        live = row // top_k < live_tokens(valid_ptr, rows // top_k, flags)
        expert, here = local_expert(ids_ptr, map_ptr, row, live, global_experts, local_experts, flags)
    mask = (columns < n_out) & here
    x_ptrs = x_ptr + tl.cast(row, tl.int64) * stride_xm + columns * gate_step
    gate = tl.load(x_ptrs, mask=mask, other=0.0).to(tl.float32)
    if KIND == 0:
        up = tl.load(x_ptrs + half_step, mask=mask, other=0.0).to(tl.float32)
        value = 0.5 * gate * (1.0 + tl.erf(gate * 0.7071067811865476)) * up
    elif KIND == 1:
        up = tl.load(x_ptrs + half_step, mask=mask, other=0.0).to(tl.float32)
        safe = tl.where(linear_beta > 0.0, linear_beta, 1.0)
        up = tl.where(linear_beta > 0.0, safe * tanh(up / safe), up)
        value = beta * tanh(gate / beta) / (1.0 + tl.exp(-gate)) * up
    elif KIND == 2:
        value = gate / (1.0 + tl.exp(-gate * (alpha + cubic * gate * gate)))
    else:
        value = 0.5 * gate * (1.0 + tl.erf(gate * 0.7071067811865476))
    out_ptrs = out_ptr + tl.cast(row, tl.int64) * stride_om + columns
    tl.store(out_ptrs, value.to(out_ptr.dtype.element_ty), mask=mask)
