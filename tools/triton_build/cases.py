"""What every kernel must compute on small shapes, with its reference; the same cases run in numpy and on a GPU."""

from dataclasses import dataclass

import numpy as np

from . import catalog
from .interpreter import round_to

INFINITY = float("inf")
PLAIN = {"gate_limit": INFINITY, "up_limit": INFINITY, "alpha": 1.0, "cubic": 0.0, "beta": 0.0, "silu_limit": INFINITY}
OAI = {**PLAIN, "gate_limit": 1.5, "up_limit": 1.0, "alpha": 1.702, "beta": 1.0}
FP4 = np.array([0, .5, 1, 1.5, 2, 3, 4, 6, -0.0, -.5, -1, -1.5, -2, -3, -4, -6], dtype=np.float32)


@dataclass
class Case:
    """One launch: values by parameter name, the output's name, what it must hold and how closely."""

    image: catalog.Image
    grid: tuple
    values: dict
    output: str
    expected: np.ndarray
    tolerance: float


def round_fp8(values):
    """e4m3: 3 bits of mantissa, smallest normal 2^-6, largest 448."""
    values = np.clip(np.asarray(values, dtype=np.float32), -448, 448)
    exponent = np.floor(np.log2(np.maximum(np.abs(values), 2.0 ** -9)))
    step = 2.0 ** (np.maximum(exponent, -6) - 3)
    return (np.round(values / step) * step).astype(np.float32)


def gated(gate, up, p):
    gate = np.minimum(gate, p["gate_limit"])
    up = np.clip(up, -p["up_limit"], p["up_limit"])
    with np.errstate(over="ignore"):
        swish = gate / (1 + np.exp(-gate * (p["alpha"] + p["cubic"] * gate * gate)))
    return np.minimum(swish, p["silu_limit"]) * (up + p["beta"])


def halves(product, interleaved):
    width = product.shape[-1] // 2
    return (product[..., ::2], product[..., 1::2]) if interleaved else (product[..., :width], product[..., width:])


def route(rng, tokens, top_k, experts, foreign=True):
    ids = np.stack([rng.permutation(experts)[:top_k] for _ in range(tokens)]).astype(np.int32)
    if foreign:
        ids[tokens // 2, 0] = -1
        ids[0, -1] = experts + 3
    return ids


def sort_pairs(ids, experts, block):
    """Tables of the aligned path: pairs by expert, each expert padded to whole blocks, then two unused blocks."""
    flat, sentinel = ids.reshape(-1), ids.size
    rows, blocks = [], []
    for expert in range(experts):
        mine = list(np.flatnonzero(flat == expert))
        mine += [sentinel] * (-len(mine) % block)
        rows += mine
        blocks += [expert] * (len(mine) // block)
    used = len(rows)
    rows += [sentinel] * (2 * block)
    return (np.array(rows, np.int32), np.array(blocks + [-1, -1], np.int32), np.array([used], np.int32))


class Maker:
    """Random operands of one image and their reference product."""

    def __init__(self, image, seed, k_size, n_out, experts=5, tokens=37, top_k=2):
        self.image, self.rng = image, np.random.default_rng(seed)
        self.experts, self.tokens, self.top_k = experts, tokens, top_k
        self.k_size, self.n_out = k_size, n_out
        self.act = image.types["act"]
        self.gated = bool(image.constants.get("GATED"))
        self.width = n_out * (2 if self.gated else 1)

    def floats(self, *shape, scale=1.0):
        return round_to(self.rng.standard_normal(shape).astype(np.float32) * scale, self.act)

    def common(self, second, interleaved, bias_flag, params):
        """Arguments that every grouped product has. The second product reads one row a pair and applies weights."""
        pairs = self.tokens * self.top_k
        values = {
            "n_out": self.n_out, "k_size": self.k_size, "row_limit": pairs, "row_divisor": 1 if second else self.top_k,
            "experts": self.experts, "stride_cm": self.n_out, "bias_stride": self.width, "group_m": 3,
            "gate_step": 2 if interleaved else 1, "half_step": 1 if interleaved else self.n_out,
            "flags": bias_flag, **params,
        }
        bias = self.floats(self.experts, self.width)
        values["bias_f32_ptr" if bias_flag & 1 else "bias_ptr"] = bias
        return values, bias if bias_flag & 3 else np.zeros_like(bias)

    def finish(self, values, rows, product, bias, interleaved, relu2):
        """Reference of tile epilogues; rows are (output row, expert) pairs in the order of product."""
        product = product + bias[[e for _, e in rows]]
        if self.gated:
            product = gated(*halves(product, interleaved), values)
        elif relu2:
            product = np.maximum(product, 0) ** 2
        return product


def gemm_case(image, seed, k_size, n_out, second=False, interleaved=False, bias_flag=0, relu2=False, params=PLAIN):
    make = Maker(image, seed, k_size, n_out)
    batched = bool(image.constants["BATCHED"])
    values, bias = make.common(second, interleaved, bias_flag, params)
    pairs = make.tokens * make.top_k
    a_rows = make.experts * 21 if batched else pairs if second else make.tokens
    a, wa = activations(make, values, a_rows)
    b, wb = weights(make, values)
    values |= {"a_ptr": a, "b_ptr": b}
    if batched:
        counts = np.array([0, 21, 1, 17, 5][: make.experts], np.int32)
        values |= {"row_count_ptr": counts, "row_limit": 21, "row_divisor": 1}
        rows = [(e * 21 + r, e) for e in range(make.experts) for r in range(counts[e])]
        a_index = [r for r, _ in rows]
        out_rows = make.experts * 21
    else:
        ids = route(make.rng, make.tokens, make.top_k, make.experts)
        table = sort_pairs(ids, make.experts, image.constants["BLOCK_M"])
        values |= dict(zip(("row_ids_ptr", "block_experts_ptr", "row_count_ptr"), table))
        rows = [(p, e) for p, e in enumerate(ids.reshape(-1)) if 0 <= e < make.experts]
        a_index = [p // values["row_divisor"] for p, _ in rows]
        out_rows = pairs
    product = reference_product(make, wa, wb, rows, a_index)
    values["flags"] |= 4 if relu2 else 0
    product = make.finish(values, rows, product, bias, interleaved, relu2)
    if second and not batched:
        weight = make.rng.random(pairs).astype(np.float32)
        values |= {"row_weights_ptr": weight, "flags": values["flags"] | 8}
        product = product * weight[[r for r, _ in rows]][:, None]
    expected = np.full((out_rows, n_out), np.nan, np.float32)
    expected[[r for r, _ in rows]] = product
    values["c_ptr"] = np.full_like(expected, np.nan)
    return Case(image, (7,), values, "c_ptr", expected, 0.01 if make.act == "bf16" else 0.003)


def reference_product(make, wa, wb, rows, a_index):
    return np.stack([wa[i].astype(np.float64) @ wb[e].astype(np.float64).T for (_, e), i in zip(rows, a_index)])


def activations(make, values, rows):
    """Stored activations and what they stand for."""
    image = make.image
    values["stride_am"] = make.k_size
    if image.kernel != "scaled_gemm":
        a = make.floats(rows, make.k_size)
        return a, a
    groups = -(-make.k_size // image.constants["BLOCK_K"]) if image.constants["BLOCK_SCALES"] else 1
    scale = (make.rng.random((rows, groups)).astype(np.float32) + 0.5) / 8
    codes = quantized(make, rows, make.k_size)
    values |= {"a_scale_ptr": scale, "stride_asm": groups, "stride_ask": 1 if image.constants["BLOCK_SCALES"] else 0}
    spread = np.repeat(scale, image.constants["BLOCK_K"], axis=1)[:, : make.k_size] if groups > 1 else scale
    return codes, codes.astype(np.float32) * spread


def quantized(make, *shape):
    if make.image.types["weight"] == "i8":
        return make.rng.integers(-127, 128, shape).astype(np.int8)
    return round_fp8(make.rng.standard_normal(shape) * 8)


def weights(make, values):
    """Stored weights and the matrices [E, width, K] they stand for."""
    image, experts, width, k_size = make.image, make.experts, make.width, make.k_size
    values |= {"stride_bn": k_size, "stride_be": width * k_size}
    if image.kernel == "grouped_gemm":
        b = make.floats(experts, width, k_size, scale=0.2)
        return b, b
    if image.kernel == "scaled_gemm":
        block = image.constants["BLOCK_SCALES"]
        rows, groups = (-(-width // 128), -(-k_size // 128)) if block else (width, 1)
        scale = (make.rng.random((experts, rows, groups)).astype(np.float32) + 0.5) / 16
        values |= {"b_scale_ptr": scale, "stride_bse": rows * groups, "stride_bsn": groups, "stride_bsk": 1,
                   "scale_rows": 128 if block else 1}
        codes = quantized(make, experts, width, k_size)
        wide = np.repeat(np.repeat(scale, 128, 1)[:, :width], 128, 2)[:, :, :k_size] if block else scale
        return codes, codes.astype(np.float32) * wide
    return packed_weights(make, values)


def packed_weights(make, values):
    image, experts, width, k_size = make.image, make.experts, make.width, make.k_size
    kind, group = image.constants["KIND"], image.constants["GROUP"]
    groups = -(-k_size // group)
    values |= {"stride_bse": width * groups, "stride_bsn": groups, "stride_bsk": 1, "scale_rows": 1}
    scale = (make.rng.random((experts, width, groups)).astype(np.float32) + 0.5) / 16
    values["b_scale_ptr"] = scale
    if kind == 1:
        exponents = make.rng.integers(122, 127, (experts, width, groups)).astype(np.uint8)
        values["b_scale_ptr"] = exponents
        scale = (2.0 ** (exponents.astype(np.float32) - 127)).astype(np.float32)
    spread = np.repeat(scale, group, axis=2)[:, :, :k_size]
    if kind == 2:
        codes = make.rng.integers(0, 256, (experts, width, k_size)).astype(np.uint8)
        values["b_scale_ptr"] = values["b_scale_ptr"] / 16
        return codes, (codes.astype(np.float32) - 128) * spread / 16
    if kind == 3:
        codes = round_fp8(make.rng.standard_normal((experts, width, k_size)))
        return codes, codes * spread
    codes = make.rng.integers(0, 16, (experts, width, k_size)).astype(np.uint8)
    values |= {"stride_bn": k_size // 2, "stride_be": width * k_size // 2}
    packed = codes[:, :, 0::2] | (codes[:, :, 1::2] << 4)
    if kind == 1:
        return packed, FP4[codes] * spread
    zero = make.rng.integers(0, 16, (experts, width, groups)).astype(np.uint8)
    values |= {"b_zero_ptr": zero[:, 0::2] | (zero[:, 1::2] << 4), "stride_bze": width // 2 * groups,
               "stride_bzn": groups, "flags": values["flags"] | 16}
    return packed, (codes.astype(np.float32) - np.repeat(zero, group, axis=2)[:, :, :k_size]) * spread
