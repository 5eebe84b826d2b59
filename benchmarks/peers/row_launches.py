"""Launches of the row kernels."""

import torch
import triton

import row_kernels
from layers import ALPHA, LIMIT

BLOCK = 1024
PROGRAMS = 2048


def gather(call, order, used, inverse):
    rows, width = order.numel(), call.x.shape[1]
    out = torch.empty(rows, width, dtype=call.x.dtype, device=call.x.device)
    row_kernels.gather_kernel[(min(rows, PROGRAMS),)](
        call.x, order, used, inverse, out, rows, width, TOP_K=call.ids.shape[1], BLOCK=BLOCK)
    return out


def activate(call, h, experts, used):
    """experts: the expert of every row of h; used: how many rows are live, on the device."""
    rows, width = h.shape[0], h.shape[1] // 2
    out = torch.empty(rows, width, dtype=h.dtype, device=h.device)
    oai = call.layer.shape.swiglu_oai
    bias = call.layer.bias13 if oai else h
    row_kernels.activation_kernel[(min(rows, PROGRAMS),)](
        h, experts, bias, used, out, rows, width, ALPHA, LIMIT, OAI=oai, BLOCK=BLOCK)
    return out


def combine(call, y, inverse=None):
    """inverse: the row of y of every pair, where it is not the pair's own number."""
    layer, width = call.layer, y.shape[1]
    has_bias = layer.bias2 is not None
    row_kernels.combine_kernel[(call.tokens, triton.cdiv(width, BLOCK))](
        y, call.ids, call.weights, y if inverse is None else inverse, layer.bias2 if has_bias else y, call.out,
        width, layer.shape.local, TOP_K=call.ids.shape[1], SORTED=inverse is not None, HAS_BIAS=has_bias, BLOCK=BLOCK)
