"""What the grouped products share: tile order, the rows of a tile, activation, bias and store."""

import triton
import triton.language as tl


@triton.jit
def locate_tile(tile, row_blocks, column_blocks, group_m):
    """Row and column block of a tile. Groups of group_m row blocks walk the columns together, so weights stay in L2."""
    width = group_m * column_blocks
    group = tile // width
    first = group * group_m
    rows = tl.minimum(row_blocks - first, group_m)
    within = tile - group * width
    return first + within % rows, within // rows


@triton.jit
def locate_rows(block, row_ids_ptr, block_experts_ptr, row_count_ptr, row_limit,
                BLOCK_M: tl.constexpr, BATCHED: tl.constexpr):
    """Expert, row numbers, live mask of a row block, and whether it holds any row.

    Sorted: rows come from the table of sorted pairs, padding holds row_limit, blocks of no expert hold -1.
    Batched: every expert owns row_limit rows, of which the first row_count_ptr[expert] are live.
    """
    offsets = tl.arange(0, BLOCK_M)
    if BATCHED:
        blocks = tl.cdiv(row_limit, BLOCK_M)
        expert = block // blocks
        local = (block - expert * blocks) * BLOCK_M + offsets
        count = tl.minimum(tl.load(row_count_ptr + expert), row_limit)
        live = local < count
        rows = local + expert * row_limit
        busy = (block - expert * blocks) * BLOCK_M < count
    else:
        expert = tl.load(block_experts_ptr + block)
        rows = tl.load(row_ids_ptr + block * BLOCK_M + offsets)
        busy = expert >= 0
        live = (rows >= 0) & (rows < row_limit) & busy
        expert = tl.maximum(expert, 0)
    return expert, rows, live, busy


@triton.jit
def weight_rows(block_n, n_out, gate_step, half_step, BLOCK_N: tl.constexpr, GATED: tl.constexpr):
    """Weight row of every accumulator column; columns past the end wrap, so that the K loop needs no column mask.

    Gated: columns alternate gate and up, so both halves of one output lie in one thread. Packed weights have
    gate_step 1 and half_step I, interleaved ones 2 and 1.
    """
    offsets = tl.arange(0, BLOCK_N)
    if GATED:
        column = (block_n * (BLOCK_N // 2) + offsets // 2) % n_out
        rows = column * gate_step + (offsets % 2) * half_step
    else:
        rows = (block_n * BLOCK_N + offsets) % n_out
    return rows


@triton.jit
def add_bias(acc, bias_f32_ptr, bias_ptr, expert_row, rows, flags):
    """Adds the bias of the weight rows: flag 1 reads float32, flag 2 the 16-bit type, neither adds nothing."""
    wide = tl.load(bias_f32_ptr + expert_row + rows, mask=(rows >= 0) & ((flags & 1) != 0), other=0.0)
    narrow = tl.load(bias_ptr + expert_row + rows, mask=(rows >= 0) & ((flags & 2) != 0), other=0.0)
    return acc + (wide + narrow.to(tl.float32))[None, :]


@triton.jit
def gated_activation(gate, up, gate_limit, up_limit, alpha, cubic, beta, silu_limit):
    """Every sigmoid-shaped gate in one formula.

    min(s(g), silu_limit) * (clamp(u, -up_limit, up_limit) + beta), s(g) = g * sigmoid(alpha * g + cubic * g^3),
    g = min(gate, gate_limit). Limits are infinite when the layer has none. The tanh form of gelu is alpha 1.5957691,
    cubic 0.0713548, because 0.5 * (1 + tanh(x)) = sigmoid(2x).
    """
    gate = tl.minimum(gate, gate_limit)
    up = tl.minimum(tl.maximum(up, -up_limit), up_limit)
    slope = gate * (alpha + cubic * gate * gate)
    return tl.minimum(gate / (1.0 + tl.exp(-slope)), silu_limit) * (up + beta)


@triton.jit
def finish_tile(acc, c_ptr, row_weights_ptr, rows, live, block_n, n_out, stride_cm, flags,
                gate_limit, up_limit, alpha, cubic, beta, silu_limit,
                BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, GATED: tl.constexpr):
    """Activation (or squared ReLU, flag 4), router weight (flag 8) and the masked store of one tile."""
    if GATED:
        BLOCK_OUT: tl.constexpr = BLOCK_N // 2
        gate, up = tl.split(tl.reshape(acc, (BLOCK_M, BLOCK_OUT, 2)))
        value = gated_activation(gate, up, gate_limit, up_limit, alpha, cubic, beta, silu_limit)
        columns = block_n * BLOCK_OUT + tl.arange(0, BLOCK_OUT)
    else:
        positive = tl.maximum(acc, 0.0)
        value = tl.where((flags & 4) != 0, positive * positive, acc)
        columns = block_n * BLOCK_N + tl.arange(0, BLOCK_N)
    weight = tl.load(row_weights_ptr + rows, mask=live & ((flags & 8) != 0), other=1.0)
    value = value * weight[:, None]
    pointers = c_ptr + rows.to(tl.int64)[:, None] * stride_cm + columns[None, :]
    tl.store(pointers, value.to(c_ptr.dtype.element_ty), mask=live[:, None] & (columns < n_out)[None, :])
