"""Cases of the tiny-batch kernels, the weighted sum and the row activations, and the list of all cases of an image."""

import math

import numpy as np

from .cases import INFINITY, OAI, PLAIN, Case, Maker, gated, gemm_case, halves, route

MAP_FLAG, VALID_FLAG, WEIGHT_FLAG = 32, 64, 8


class Routed:
    """Ids, an expert map that keeps some experts elsewhere, and a live-token count below the number of rows."""

    def __init__(self, rng, tokens, top_k, experts, mapped, valid, elsewhere=1):
        self.tokens, self.top_k = tokens, top_k
        self.ids = route(rng, tokens, top_k, experts)
        self.map = np.full(experts, -1, np.int32)
        kept = rng.permutation(experts)[: experts - elsewhere]
        self.map[kept] = np.arange(len(kept))
        self.local = len(kept) if mapped else experts
        self.valid = tokens - 1 if valid else tokens
        self.mapped, self.limited = mapped, valid
        self.values = {
            "ids_ptr": self.ids, "tokens": tokens, "top_k": top_k, "global_experts": experts,
            "local_experts": self.local, "flags": (MAP_FLAG if mapped else 0) | (VALID_FLAG if valid else 0),
        }
        if mapped:
            self.values["map_ptr"] = self.map
        if valid:
            self.values["valid_ptr"] = np.array([self.valid], np.int32)

    def expert(self, token, slot):
        """Local expert of a slot, or -1."""
        i = self.ids[token, slot]
        if token >= self.valid or not 0 <= i < len(self.map):
            return -1
        return int(self.map[i]) if self.mapped else int(i)


def tiny_gate_case(image, seed, k_size, n_out, interleaved=False, bias_flag=0, params=PLAIN, mapped=False,
                   relu2=False):
    make = Maker(image, seed, k_size, n_out, tokens=3)
    routed = Routed(make.rng, 3, 2, make.experts, mapped, mapped)
    x, w = make.floats(3, k_size), make.floats(routed.local, make.width, k_size, scale=0.2)
    bias = make.floats(routed.local, make.width)
    values = {
        **routed.values, **params, "x_ptr": x, "w_ptr": w, "n_out": n_out, "k_size": k_size, "stride_xm": k_size,
        "stride_we": make.width * k_size, "stride_wn": k_size, "stride_om": n_out, "bias_stride": make.width,
        "gate_step": 2 if interleaved else 1, "half_step": 1 if interleaved else n_out,
        "bias_f32_ptr" if bias_flag & 1 else "bias_ptr": bias,
    }
    values["flags"] |= bias_flag | (4 if relu2 else 0)
    expected = np.full((6, n_out), np.nan, np.float32)
    for pair in range(6):
        expert = routed.expert(pair // 2, pair % 2)
        if expert < 0:
            continue
        product = w[expert].astype(np.float64) @ x[pair // 2] + (bias[expert] if bias_flag & 3 else 0)
        if make.gated:
            product = gated(*halves(product, interleaved), params)
        expected[pair] = np.maximum(product, 0) ** 2 if relu2 else product
    values["out_ptr"] = np.full_like(expected, np.nan)
    grid = 6 * -(-n_out // image.constants["BLOCK_N"])
    return Case(image, (grid,), values, "out_ptr", expected, 0.01 if make.act == "bf16" else 0.003)


def tiny_down_case(image, seed, k_size, n_out, bias_flag=0, mapped=False, elsewhere=1):
    make = Maker(image, seed, k_size, n_out, experts=max(5, image.constants["SLOTS"] + 1))
    top_k = max(1, image.constants["SLOTS"] - (1 if image.constants["SLOTS"] > 2 else 0))
    routed = Routed(make.rng, 3, top_k, make.experts, mapped, mapped, elsewhere)
    a, w = make.floats(3 * top_k, k_size), make.floats(routed.local, n_out, k_size, scale=0.2)
    bias, weight = make.floats(routed.local, n_out), make.rng.random((3, top_k)).astype(np.float32)
    values = {
        **routed.values, "a_ptr": a, "w_ptr": w, "weights_ptr": weight, "n_out": n_out, "k_size": k_size,
        "stride_am": k_size, "stride_we": n_out * k_size, "stride_wn": k_size, "stride_om": n_out,
        "bias_stride": n_out, "bias_f32_ptr" if bias_flag & 1 else "bias_ptr": bias,
    }
    values["flags"] |= bias_flag | WEIGHT_FLAG
    expected = np.full((3, n_out), np.nan, np.float32)
    for token in range(routed.valid):
        total = np.zeros(n_out)
        for slot in range(top_k):
            expert = routed.expert(token, slot)
            if expert >= 0:
                row = w[expert].astype(np.float64) @ a[token * top_k + slot]
                total += (row + (bias[expert] if bias_flag & 3 else 0)) * weight[token, slot]
        expected[token] = total
    values["out_ptr"] = np.full_like(expected, np.nan)
    grid = 3 * -(-n_out // image.constants["BLOCK_N"])
    return Case(image, (grid,), values, "out_ptr", expected, 0.01 if make.act == "bf16" else 0.003)


def weighted_sum_case(image, seed, n_out, mapped):
    make = Maker(image, seed, 16, n_out, experts=max(5, image.constants["SLOTS"] + 1))
    top_k = max(1, image.constants["SLOTS"] - (1 if image.constants["SLOTS"] > 2 else 0))
    routed = Routed(make.rng, 5, top_k, make.experts, mapped, mapped)
    x, weight = make.floats(5 * top_k, n_out), make.rng.random((5, top_k)).astype(np.float32)
    expected = np.full((5, n_out), np.nan, np.float32)
    for token in range(routed.valid):
        expected[token] = 0
        for slot in range(top_k):
            if routed.expert(token, slot) >= 0:
                expected[token] += x[token * top_k + slot] * weight[token, slot]
            else:
                x[token * top_k + slot] = np.nan
    values = {**routed.values, "x_ptr": x, "weights_ptr": weight, "n_out": n_out, "stride_xm": n_out,
              "stride_om": n_out, "out_ptr": np.full_like(expected, np.nan)}
    values["flags"] |= WEIGHT_FLAG
    grid = (5, -(-n_out // image.constants["BLOCK_N"]))
    return Case(image, grid, values, "out_ptr", expected, 0.005)


def activate_case(image, seed, n_out):
    make = Maker(image, seed, 16, n_out)
    kind = image.constants["KIND"]
    x = make.floats(15, n_out * (2 if kind < 2 else 1), scale=2.0)
    values = {"x_ptr": x, "n_out": n_out, "rows": 15, "stride_xm": x.shape[1], "stride_om": n_out, "gate_step": 1,
              "half_step": n_out, "flags": 0, "alpha": 1.5957691, "cubic": 0.0713548, "beta": 4.0, "linear_beta": 2.5,
              "top_k": 3, "global_experts": 4, "local_experts": 4, "rows_per_expert": 5}
    if image.constants["BATCHED"]:
        counts = np.array([5, 0, 3], np.int32)
        values |= {"count_ptr": counts}
        here = [r % 5 < counts[r // 5] for r in range(15)]
    else:
        ids = route(make.rng, 5, 3, 4)
        values |= {"ids_ptr": ids}
        here = list((ids.reshape(-1) >= 0) & (ids.reshape(-1) < 4))
    gate, up = (x[:, :n_out], x[:, n_out:]) if kind < 2 else (x, 1.0)
    gelu = 0.5 * gate * (1 + np.vectorize(math.erf)(gate / math.sqrt(2)))
    situ = 4 * np.tanh(gate / 4) / (1 + np.exp(-gate)) * (2.5 * np.tanh(up / 2.5))
    slope = gate * (1.5957691 + 0.0713548 * gate * gate)
    expected = {0: gelu * up, 1: situ, 2: gate / (1 + np.exp(-slope)), 3: gelu}[kind].astype(np.float32)
    expected[~np.array(here)] = np.nan
    values["out_ptr"] = np.full_like(expected, np.nan)
    grid = (15, -(-n_out // image.constants["BLOCK_N"]))
    return Case(image, grid, values, "out_ptr", expected, 0.01 if make.act == "bf16" else 0.003)


def sizes(image, wide):
    """K and N that fit the image's alignment; odd ones where the image takes any."""
    step = image.constants.get("BLOCK_K", 16)
    if image.align == "any":
        return 2 * step + 23, 77
    return (3 * step if image.align == "even" else 2 * step + 32), wide


def cases_of(image, seed=7):
    """The cases that an image must pass."""
    k_size, n_out = sizes(image, 144)
    constants = image.constants
    if image.kernel == "weighted_sum":
        return [weighted_sum_case(image, seed + m, n_out, bool(m)) for m in (0, 1)]
    if image.kernel == "activate_rows":
        return [activate_case(image, seed, 75)]
    if image.kernel == "tiny_down":
        return [tiny_down_case(image, seed, k_size, n_out, 1), tiny_down_case(image, seed + 1, k_size, n_out, 2, True),
                tiny_down_case(image, seed + 2, k_size, n_out, 2, True, max(1, constants["SLOTS"] - 1))]
    if image.kernel == "tiny_gate_up":
        if not constants["GATED"]:
            return [tiny_gate_case(image, seed, k_size, n_out, bias_flag=1, relu2=True)]
        return [tiny_gate_case(image, seed, k_size, n_out),
                tiny_gate_case(image, seed + 1, k_size, n_out, True, 2, OAI, True)]
    if constants["GATED"]:
        return [gemm_case(image, seed, k_size, n_out),
                gemm_case(image, seed + 1, k_size, n_out, interleaved=True, bias_flag=2, params=OAI)]
    return [gemm_case(image, seed, k_size, n_out, second=True, bias_flag=1),
            gemm_case(image, seed + 1, k_size, n_out, relu2=True)]


def relative_error(case):
    """Error norm over the reference's norm; infinite when other rows were written than should have been."""
    actual = np.asarray(case.values[case.output], dtype=np.float32)
    if not np.array_equal(np.isnan(actual), np.isnan(case.expected)):
        return INFINITY
    live = ~np.isnan(case.expected)
    difference = np.linalg.norm((actual - case.expected)[live])
    return float(difference / max(np.linalg.norm(case.expected[live]), 1e-30))
