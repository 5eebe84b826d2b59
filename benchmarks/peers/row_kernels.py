"""Row-wise Triton kernels around the grouped products of the peers: gather, activation, weighted sum.

All are bounded by a count on the device, so that rows of experts on other ranks cost nothing.
"""

import triton
import triton.language as tl


@triton.jit
def gather_kernel(x_ptr, order_ptr, used_ptr, inverse_ptr, out_ptr, rows, width, TOP_K: tl.constexpr, BLOCK: tl.constexpr):
    """Row r of out is the row of x of pair order[r]; inverse[order[r]] = r."""
    used = tl.load(used_ptr)
    for row in tl.range(tl.program_id(0), rows, tl.num_programs(0)):
        if row < used:
            pair = tl.load(order_ptr + row).to(tl.int64)
            tl.store(inverse_ptr + pair, row)
            source = x_ptr + pair // TOP_K * width
            target = out_ptr + row.to(tl.int64) * width
            for start in tl.range(0, width, BLOCK):
                column = start + tl.arange(0, BLOCK)
                inside = column < width
                tl.store(target + column, tl.load(source + column, mask=inside, other=0.0), mask=inside)


@triton.jit
def activation_kernel(h_ptr, expert_ptr, bias_ptr, used_ptr, out_ptr, rows, width, alpha, limit,
                      OAI: tl.constexpr, BLOCK: tl.constexpr):
    """Gate in the first half of a row of h, up in the second. OAI adds biases, clamps, and multiplies by up + 1."""
    used = tl.load(used_ptr)
    for row in tl.range(tl.program_id(0), rows, tl.num_programs(0)):
        if row < used:
            source = h_ptr + row.to(tl.int64) * 2 * width
            target = out_ptr + row.to(tl.int64) * width
            expert = tl.load(expert_ptr + row).to(tl.int64)
            for start in tl.range(0, width, BLOCK):
                column = start + tl.arange(0, BLOCK)
                inside = column < width
                gate = tl.load(source + column, mask=inside, other=0.0).to(tl.float32)
                up = tl.load(source + width + column, mask=inside, other=0.0).to(tl.float32)
                if OAI:
                    bias = bias_ptr + expert * 2 * width + column
                    gate += tl.load(bias, mask=inside, other=0.0).to(tl.float32)
                    up += tl.load(bias + width, mask=inside, other=0.0).to(tl.float32)
                    gate = tl.minimum(gate, limit)
                    up = tl.minimum(tl.maximum(up, -limit), limit) + 1.0
                    value = gate / (1.0 + tl.exp(-alpha * gate)) * up
                else:
                    value = gate / (1.0 + tl.exp(-gate)) * up
                tl.store(target + column, value.to(tl.bfloat16), mask=inside)


@triton.jit
def combine_kernel(y_ptr, ids_ptr, weights_ptr, inverse_ptr, bias_ptr, out_ptr, width, local_experts,
                   TOP_K: tl.constexpr, SORTED: tl.constexpr, HAS_BIAS: tl.constexpr, BLOCK: tl.constexpr):
    """The weighted sum of a token's rows in float32, in the order of its slots, without experts of other ranks."""
    token = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = column < width
    total = tl.zeros((BLOCK,), dtype=tl.float32)
    for slot in range(TOP_K):
        pair = token * TOP_K + slot
        expert = tl.load(ids_ptr + pair).to(tl.int64)
        if expert < local_experts:
            row = pair
            if SORTED:
                row = tl.load(inverse_ptr + pair).to(tl.int64)
            value = tl.load(y_ptr + row * width + column, mask=inside, other=0.0).to(tl.float32)
            if HAS_BIAS:
                value += tl.load(bias_ptr + expert * width + column, mask=inside, other=0.0).to(tl.float32)
            total += value * tl.load(weights_ptr + pair)
    tl.store(out_ptr + token * width + column, total.to(tl.bfloat16), mask=inside)
