"""Which images are built: one Image per kernel, type, tile and alignment."""

from dataclasses import dataclass, field

ACTIVATIONS = ("bf16", "fp16")

EPILOGUE = {
    "gate_step": "i32", "half_step": "i32", "flags": "i32", "gate_limit": "fp32",
    "up_limit": "fp32", "alpha": "fp32", "cubic": "fp32", "beta": "fp32", "silu_limit": "fp32",
}
TABLES = {
    "bias_f32_ptr": "*fp32", "bias_ptr": "*{act}", "row_weights_ptr": "*fp32", "row_ids_ptr": "*i32",
    "block_experts_ptr": "*i32", "row_count_ptr": "*i32",
}
SIZES = {
    "n_out": "i32", "k_size": "i32", "row_limit": "i32", "row_divisor": "i32", "experts": "i32", "stride_am": "i32",
    "stride_be": "i64", "stride_bn": "i32", "stride_cm": "i32", "bias_stride": "i32",
    "group_m": "i32",
}
ROUTING = {"ids_ptr": "*i32", "map_ptr": "*i32"}

# Parameters of every kernel, in the order of its source.
SIGNATURES = {
    "grouped_gemm": {"a_ptr": "*{act}", "b_ptr": "*{act}", "c_ptr": "*{act}", **TABLES, **SIZES, **EPILOGUE},
    "scaled_gemm": {
        "a_ptr": "*{weight}", "b_ptr": "*{weight}", "c_ptr": "*{act}", "a_scale_ptr": "*fp32", "b_scale_ptr": "*fp32",
        **TABLES, **SIZES, "stride_asm": "i32", "stride_ask": "i32", "stride_bse": "i32", "stride_bsn": "i32",
        "stride_bsk": "i32", "scale_rows": "i32", **EPILOGUE,
    },
    "weight_only_gemm": {
        "a_ptr": "*{act}", "b_ptr": "*{weight}", "c_ptr": "*{act}", "b_scale_ptr": "*{scale}", "b_zero_ptr": "*u8",
        **TABLES, **SIZES, "stride_bse": "i32", "stride_bsn": "i32", "stride_bsk": "i32", "scale_rows": "i32",
        "stride_bze": "i32", "stride_bzn": "i32", **EPILOGUE,
    },
    "tiny_gate_up": {
        "x_ptr": "*{act}", "w_ptr": "*{act}", "out_ptr": "*{act}", "bias_f32_ptr": "*fp32", "bias_ptr": "*{act}",
        **ROUTING, "valid_ptr": "*i32", "n_out": "i32", "k_size": "i32", "tokens": "i32", "top_k": "i32",
        "global_experts": "i32", "local_experts": "i32", "stride_xm": "i32", "stride_we": "i64", "stride_wn": "i32",
        "stride_om": "i32", "bias_stride": "i32", "gate_step": "i32", "half_step": "i32", "flags": "i32",
        "gate_limit": "fp32", "up_limit": "fp32", "alpha": "fp32", "cubic": "fp32", "beta": "fp32",
        "silu_limit": "fp32",
    },
    "tiny_down": {
        "a_ptr": "*{act}", "w_ptr": "*{act}", "out_ptr": "*{act}", "bias_f32_ptr": "*fp32", "bias_ptr": "*{act}",
        **ROUTING, "weights_ptr": "*fp32", "valid_ptr": "*i32", "n_out": "i32", "k_size": "i32", "tokens": "i32",
        "top_k": "i32", "global_experts": "i32", "local_experts": "i32", "stride_am": "i32", "stride_we": "i64",
        "stride_wn": "i32", "stride_om": "i32", "bias_stride": "i32", "flags": "i32",
    },
    "weighted_sum": {
        "x_ptr": "*{act}", "out_ptr": "*{act}", **ROUTING, "weights_ptr": "*fp32", "valid_ptr": "*i32", "n_out": "i32",
        "tokens": "i32", "top_k": "i32", "global_experts": "i32", "local_experts": "i32", "stride_xm": "i32",
        "stride_om": "i32", "flags": "i32",
    },
    "activate_rows": {
        "x_ptr": "*{act}", "out_ptr": "*{act}", **ROUTING, "count_ptr": "*i32", "valid_ptr": "*i32", "n_out": "i32",
        "rows": "i32", "top_k": "i32", "global_experts": "i32", "local_experts": "i32", "rows_per_expert": "i32",
        "stride_xm": "i32", "stride_om": "i32", "gate_step": "i32", "half_step": "i32", "flags": "i32",
        "alpha": "fp32", "cubic": "fp32", "beta": "fp32", "linear_beta": "fp32",
    },
}
MODULES = {
    "grouped_gemm": "grouped_gemm", "scaled_gemm": "scaled_gemm", "weight_only_gemm": "weight_only_gemm",
    "tiny_gate_up": "tiny_batch", "tiny_down": "tiny_batch", "weighted_sum": "rows",
    "activate_rows": "rows",
}
SOURCES = {
    "grouped_gemm": ["grouped_gemm.py", "tiles.py"],
    "scaled_gemm": ["scaled_gemm.py", "tiles.py"],
    "weight_only_gemm": ["tiles.py", "weight_only_gemm.py"],
    "tiny_batch": ["tiles.py", "tiny_batch.py"],
    "rows": ["rows.py", "tiles.py", "tiny_batch.py"],
}
# Arguments that aligned images may take for multiples of 16; everything else is only known to be an integer.
MULTIPLES = {"n_out", "k_size", "stride_am", "stride_be", "stride_bn", "stride_cm", "stride_xm", "stride_we",
             "stride_wn", "stride_om"}
SIZE_OF = {"i32": 4, "i64": 8, "fp32": 4}


@dataclass(frozen=True)
class Image:
    """One image to build. Align: even (K a multiple of the tile), wide (sizes of 16), any."""

    kernel: str
    key: str
    constants: dict = field(hash=False)
    types: dict = field(hash=False)
    align: str
    warps: int
    stages: int
    target: int = 90

    @property
    def module(self):
        return MODULES[self.kernel]

    @property
    def signature(self):
        return {name: kind.format(**self.types) for name, kind in SIGNATURES[self.kernel].items()}

    def is_wanted(self, keys):
        """True when the key contains one of keys, or when there are none to choose by."""
        return not keys or any(k in self.key for k in keys)

    @property
    def divisible(self):
        """Arguments that the compiler may assume to be multiples of 16 (pointers always are)."""
        sizes = MULTIPLES if self.align != "any" else set()
        return [name for name, kind in self.signature.items() if kind.startswith("*") or name in sizes]


def gemm_tile(tile):
    block_m, block_n, block_k, warps, stages = tile
    return {"BLOCK_M": block_m, "BLOCK_N": block_n, "BLOCK_K": block_k}, warps, stages


def tile_name(tile):
    return f"{tile[0]}x{tile[1]}x{tile[2]}x{tile[3]}x{tile[4]}"


# Tiles: rows, accumulator columns, K step, warps, pipeline stages.
FULL_TILES = [
    (16, 64, 128, 4, 4), (16, 128, 64, 4, 5), (16, 128, 128, 4, 4), (16, 256, 64, 8, 4),
    (32, 64, 128, 4, 4), (32, 128, 64, 4, 5), (32, 128, 128, 4, 3), (32, 256, 64, 8, 4),
    (64, 128, 64, 4, 4), (64, 256, 64, 4, 4), (64, 256, 64, 8, 4), (64, 128, 128, 4, 3),
    (128, 128, 64, 4, 4), (128, 128, 64, 8, 3), (128, 128, 64, 8, 4), (128, 256, 64, 8, 3), (128, 256, 64, 8, 4),
    (256, 128, 64, 8, 3),
]
CORE_TILES = [(16, 128, 64, 4, 5), (32, 128, 64, 4, 5), (64, 128, 64, 4, 4), (64, 256, 64, 8, 4),
              (128, 128, 64, 8, 3), (128, 256, 64, 8, 3)]
MASKED_TILES = [(16, 128, 64, 4, 5), (64, 128, 64, 4, 4)]
BATCHED_TILES = [(16, 128, 64, 4, 5), (64, 128, 64, 4, 4), (128, 128, 64, 8, 3)]
FP8_TILES = [(16, 128, 128, 4, 4), (64, 128, 128, 4, 4), (128, 128, 128, 8, 3)]
WEIGHT_ONLY_TILES = [(16, 128, 64, 4, 3), (64, 128, 64, 4, 3)]
PORTABLE_TILES = [(16, 128, 64, 4, 3), (64, 128, 64, 4, 3)]
# KIND, GROUP, weight type, scale type
WEIGHT_ONLY_KINDS = {
    "uint4g128": (0, 128, "u8", "fp32"), "uint4g32": (0, 32, "u8", "fp32"), "mxfp4": (1, 32, "u8", "u8"),
    "uint8g128": (2, 128, "u8", "fp32"), "fp8": (3, 128, "fp8e4nv", "fp32"),
}
ACTIVATION_KINDS = {"gelu": 0, "situ": 1, "sigmoid": 2, "gelu_no_mul": 3}
# Columns, K step, stages, warps of the tiny-batch kernels.
TINY_GATE = [(4, 512, 3, 2), (16, 256, 3, 4)]
TINY_DOWN = [(16, 512, 3, 4), (8, 512, 3, 4)]


def grouped(act, tile, gated, align, batched=False, target=90):
    sizes, warps, stages = gemm_tile(tile)
    constants = {**sizes, "EVEN_K": align == "even", "GATED": gated, "BATCHED": batched, "USE_PDL": target >= 90}
    suffix = ("_batched" if batched else "") + ("" if target >= 90 else f"_portable{target}")
    key = f"grouped_gemm_{act}_{tile_name(tile)}_{'gated' if gated else 'plain'}_{align}{suffix}"
    return Image("grouped_gemm", key, constants, {"act": act}, align, warps, stages, target)


def scaled(weight, scheme, tile, gated, align, batched=False):
    sizes, warps, stages = gemm_tile(tile)
    constants = {**sizes, "BLOCK_SCALES": scheme == "block", "INTEGER": weight == "i8", "GATED": gated,
                 "BATCHED": batched, "USE_PDL": True}
    name = {"i8": "int8", "fp8e4nv": "fp8"}[weight]
    key = f"scaled_gemm_{name}_{scheme}_{tile_name(tile)}_{'gated' if gated else 'plain'}_{align}"
    key += "_batched" if batched else ""
    return Image("scaled_gemm", key, constants, {"act": "bf16", "weight": weight}, align, warps, stages)


def weight_only(kind, tile, gated, align="wide", batched=False):
    sizes, warps, stages = gemm_tile(tile)
    code, group, weight, scale = WEIGHT_ONLY_KINDS[kind]
    constants = {**sizes, "KIND": code, "GROUP": group, "GATED": gated, "BATCHED": batched, "USE_PDL": True}
    key = f"weight_only_gemm_{kind}_{tile_name(tile)}_{'gated' if gated else 'plain'}_{align}"
    key += "_batched" if batched else ""
    return Image("weight_only_gemm", key, constants, {"act": "bf16", "weight": weight, "scale": scale}, align, warps,
                 stages)


def tiny_sizes(choice, align):
    columns, block_k, stages, warps = choice
    sizes = {"BLOCK_N": columns, "BLOCK_K": block_k, "EVEN_K": align == "even", "STAGES": stages, "USE_PDL": True}
    return f"{columns}x{block_k}x{stages}", sizes, stages, warps


def tiny_gate(act, choice, gated, align):
    name, sizes, stages, warps = tiny_sizes(choice, align)
    key = f"tiny_gate_up_{act}_{name}_{'gated' if gated else 'plain'}_{align}"
    return Image("tiny_gate_up", key, {**sizes, "GATED": gated}, {"act": act}, align, warps, stages)


def tiny_down(act, slots, choice, align):
    name, sizes, stages, warps = tiny_sizes(choice, align)
    key = f"tiny_down_{act}_k{slots}_{name}_{align}"
    return Image("tiny_down", key, {**sizes, "SLOTS": slots}, {"act": act}, align, warps, stages)


def weighted_sum(act, slots, align, target=90):
    constants = {"SLOTS": slots, "BLOCK_N": 1024, "USE_PDL": target >= 90}
    key = f"weighted_sum_{act}_k{slots}_{align}" + ("" if target >= 90 else f"_portable{target}")
    return Image("weighted_sum", key, constants, {"act": act}, align, 4, 2, target)


def activate(act, kind, batched, target=90):
    constants = {"KIND": ACTIVATION_KINDS[kind], "BATCHED": batched, "BLOCK_N": 1024, "USE_PDL": target >= 90}
    key = f"activate_rows_{act}_{kind}" + ("_batched" if batched else "")
    key += "" if target >= 90 else f"_portable{target}"
    return Image("activate_rows", key, constants, {"act": act}, "any", 4, 2, target)


def images():
    """Every image, the slowest to compile first."""
    both = (True, False)
    result = [grouped("bf16", t, g, "even") for t in reversed(FULL_TILES) for g in both]
    result += [grouped("fp16", t, g, "even") for t in reversed(CORE_TILES) for g in both]
    for act in ACTIVATIONS:
        result += [grouped(act, t, g, a) for t in MASKED_TILES for g in both for a in ("wide", "any")]
        result += [grouped(act, t, g, "wide", True) for t in BATCHED_TILES for g in both]
        result += [grouped(act, t, g, "any", True) for t in MASKED_TILES for g in both]
    for scheme in ("block", "scalar"):
        result += [scaled("fp8e4nv", scheme, t, g, "wide") for t in reversed(FP8_TILES) for g in both]
        result += [scaled("fp8e4nv", scheme, FP8_TILES[1], g, "any") for g in both]
        result += [scaled("fp8e4nv", scheme, t, g, "wide", True) for t in FP8_TILES[:2] for g in both]
    result += [scaled("i8", "scalar", t, g, "wide") for t in reversed(FP8_TILES) for g in both]
    result += [scaled("i8", "scalar", FP8_TILES[1], g, "any") for g in both]
    result += [scaled("i8", "scalar", t, g, "wide", True) for t in FP8_TILES[:2] for g in both]
    result += [weight_only(k, t, g, batched=b) for k in WEIGHT_ONLY_KINDS for t in WEIGHT_ONLY_TILES for g in both
               for b in (False, True)]
    result += [weight_only("fp8", WEIGHT_ONLY_TILES[1], g, "any") for g in both]
    for act in ACTIVATIONS:
        aligns = ("even", "wide", "any")
        result += [tiny_gate(act, c, g, a) for c in TINY_GATE for g in both for a in aligns]
        result += [tiny_down(act, s, c, a) for s in (1, 2, 4, 8, 16) for c in TINY_DOWN for a in aligns]
        result += [weighted_sum(act, s, a) for s in (1, 2, 4, 8, 16, 32) for a in ("wide", "any")]
        result += [activate(act, k, b) for k in ACTIVATION_KINDS for b in (False, True)]
        result += [grouped(act, t, g, a, target=80) for t in PORTABLE_TILES for g in both for a in ("wide", "any")]
        result += [weighted_sum(act, s, "any", 80) for s in (1, 2, 4, 8, 16, 32)]
        result += [activate(act, k, False, 80) for k in ACTIVATION_KINDS]
    return result
