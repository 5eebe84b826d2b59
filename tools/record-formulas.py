#!/usr/bin/env python3
"""Records a layer of each model family that has no module run behind it, from the formulas of the published modeling code.

usage: record-formulas.py FOLDER [NAME ...]      (the recordings in the tree are tests/data/recorded/NAME)

Needs Python only. Each family below says how its config.json is spelled, what its tensors are called and how it routes,
read from the models' definitions in the transformers library (5.16 and 5.17) and written down again here; nothing is shared
with the .NET code. A layer is evaluated in float64 on bfloat16-rounded weights and inputs and saved as config.json,
model.safetensors and golden.safetensors. Sizes differ from each other, so that a transposed matrix cannot go unnoticed.
"""

import json
import math
import os
import random
import struct
import sys

EXPERTS, TOP_K, HIDDEN, FFN, LAYER = 6, 2, 32, 24, 1
TOKENS = (1, 7, 64)
GROUPS, KEPT = 3, 2


# numbers

def rounded(value):
    """The bfloat16 bits nearest to a number (ties to even), and the number they stand for."""
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return bits, struct.unpack("<f", struct.pack("<I", bits << 16))[0]


class Matrix:
    """Rows of numbers that bfloat16 holds."""

    def __init__(self, source, rows, columns, scale):
        pairs = [[rounded(source.gauss(0, scale)) for _ in range(columns)] for _ in range(rows)]
        self.bits = [[p[0] for p in row] for row in pairs]
        self.rows = [[p[1] for p in row] for row in pairs]

    def times(self, vector):
        return [sum(a * b for a, b in zip(row, vector)) for row in self.rows]


def transposed(bits):
    return [list(column) for column in zip(*bits)]


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def silu(x):
    return x * sigmoid(x)


def softmax(logits):
    powers = [math.exp(x - max(logits)) for x in logits]
    return [p / sum(powers) for p in powers]


def best(keys, count):
    return sorted(range(len(keys)), key=lambda i: -keys[i])[:count]


# routing: logits and correction bias to [(expert, weight)]

def softmax_then_top(renormalize=True, scale=1.0):
    def route(logits, bias):
        scores = softmax(logits)
        ids = best(scores, TOP_K)
        total = sum(scores[i] for i in ids) if renormalize else 1
        return [(i, scores[i] / total * scale) for i in ids]
    return route


def biased_softmax(scale):
    """The bias counts for the choice only; weights stay as the softmax gave them."""
    def route(logits, bias):
        scores = softmax(logits)
        return [(i, scores[i] * scale) for i in best([s + b for s, b in zip(scores, bias)], TOP_K)]
    return route


def top_then(score, renormalize):
    def route(logits, bias):
        ids = best(logits, TOP_K)
        weights = softmax([logits[i] for i in ids]) if score == "softmax" else [sigmoid(logits[i]) for i in ids]
        total = sum(weights) if renormalize else 1
        return [(i, w / total) for i, w in zip(ids, weights)]
    return route


def independent(score=sigmoid, renormalize=True, scale=1.0, epsilon=0.0, groups=1, kept=1):
    """Each expert scored by itself; the bias counts for the choice only; groups by their two best."""
    def route(logits, bias):
        scores = [score(x) for x in logits]
        keys = [s + b for s, b in zip(scores, bias)]
        ids = best(limit(keys, groups, kept, minus_infinity=True), TOP_K)
        total = sum(scores[i] for i in ids) + epsilon if renormalize else 1
        return [(i, scores[i] / total * scale) for i in ids]
    return route


def grouped_softmax(scale, groups, kept):
    def route(logits, bias):
        scores = softmax(logits)
        ids = best(limit(scores, groups, kept, minus_infinity=False), TOP_K)
        total = sum(scores[i] for i in ids) + 1e-20
        return [(i, scores[i] / total * scale) for i in ids]
    return route


def limit(keys, groups, kept, minus_infinity):
    size = len(keys) // groups
    parts = [keys[g * size:(g + 1) * size] for g in range(groups)]
    chosen = best([sum(sorted(p)[-2:]) for p in parts], kept)
    out = -math.inf if minus_infinity else 0.0
    return [key if i // size in chosen else out for i, key in enumerate(keys)]


def sqrt_softplus(x):
    return math.sqrt(math.log1p(math.exp(x)))


# activation of gate and up

def swiglu(gate, up):
    return silu(gate) * up


def clamped_swiglu(bound):
    return lambda gate, up: silu(min(gate, bound)) * max(-bound, min(up, bound))


def swiglu_step(bound):
    return lambda gate, up: min(silu(gate), bound) * max(-bound, min(up, bound))


def oai(alpha, bound):
    def activation(gate, up):
        gate, up = min(gate, bound), max(-bound, min(up, bound))
        return (up + 1) * gate * sigmoid(alpha * gate)
    return activation


# how the three matrices of an expert are stored

def per_expert(gate="gate_proj", up="up_proj", down="down_proj"):
    def store(experts):
        tensors = {}
        for number, (g, u, d) in enumerate(experts):
            for name, matrix in ((gate, g), (up, u), (down, d)):
                tensors[f"experts.{number}.{name}.weight"] = matrix.bits
        return tensors
    return store


def fused(first="experts.gate_up_proj", second="experts.down_proj", turn=False):
    def store(experts):
        form = transposed if turn else (lambda bits: bits)
        return {
            first: [form(g.bits + u.bits) for g, u, _ in experts],
            second: [form(d.bits) for _, _, d in experts],
        }
    return store


def stacked(gate="gate_proj.weight", up="up_proj.weight", down="down_proj.weight"):
    return lambda experts: {name: [e[i].bits for e in experts] for i, name in enumerate((gate, up, down))}


MIXTRAL = per_expert("w1", "w3", "w2")
SIZES = {"hidden_size": HIDDEN, "num_experts_per_tok": TOP_K, "moe_intermediate_size": FFN, "intermediate_size": 99}
PLAIN_SIZES = {"hidden_size": HIDDEN, "num_experts_per_tok": TOP_K, "intermediate_size": FFN}
GROUPED = {"n_routed_experts": EXPERTS, "n_group": GROUPS, "topk_group": KEPT, "norm_topk_prob": True}
UNGROUPED = {"n_routed_experts": EXPERTS, "n_group": 1, "topk_group": 1, "norm_topk_prob": True}


def family(model_type, keys, route, **more):
    """One layer. nest: where the keys lie in config.json (text: in text_config); shared_names: three, or gate and up in
    one and down; beside: the shared experts lie beside the block; mean: shared and routed experts count one half each."""
    return {"type": model_type, "keys": keys, "route": route, "block": "model.layers.{}.mlp", "gate": "gate.weight",
            "store": per_expert(), "activation": swiglu, "bias": None, "shared": None, "shared_gate": None,
            "shared_names": ("gate_proj", "up_proj", "down_proj"), "shared_size": FFN, "text": False, "gate_bias": None,
            "biases": None, "output_bias": None, "shared_activation": more.get("activation", swiglu), "beside": False,
            "mean": False, "identities": 0, "nest": ["text_config"] if more.get("text") else [], "text_type": None, **more}


def no_auxiliary_loss(model_type, scale, grouped=False, **more):
    keys = {**SIZES, **(GROUPED if grouped else UNGROUPED), "routed_scaling_factor": scale}
    route = independent(scale=scale, epsilon=1e-20, groups=GROUPS if grouped else 1, kept=KEPT if grouped else 1)
    return family(model_type, {**keys, **more.pop("keys", {"n_shared_experts": 1})}, route, **{
        "bias": "gate.e_score_correction_bias", "shared": "shared_experts", **more})


FAMILIES = {
    "mellum": family("mellum", {**SIZES, "num_local_experts": EXPERTS, "norm_topk_prob": True,
                                "mlp_layer_types": ["sparse", "sparse"]}, softmax_then_top()),
    "flex_olmo": family("flex_olmo", {**PLAIN_SIZES, "num_experts": EXPERTS, "norm_topk_prob": False},
                        softmax_then_top(renormalize=False)),
    "qwen3_vl_moe": family("qwen3_vl_moe", {**SIZES, "num_experts": EXPERTS}, softmax_then_top(), text=True,
                           block="model.language_model.layers.{}.mlp", store=fused(turn=True)),
    "qwen3_vl_moe_saved": family("qwen3_vl_moe", {**SIZES, "num_local_experts": EXPERTS}, softmax_then_top(), text=True,
                                 block="model.language_model.layers.{}.mlp", store=fused()),
    "qwen3_5_moe": family("qwen3_5_moe", {**SIZES, "num_experts": EXPERTS, "shared_expert_intermediate_size": 40},
                          softmax_then_top(), text=True, block="model.language_model.layers.{}.mlp", store=fused(),
                          shared="shared_expert", shared_gate="shared_expert_gate.weight", shared_size=40),
    "mistral4": family("mistral4", {**SIZES, **GROUPED, "routed_scaling_factor": 1.5, "n_shared_experts": 2},
                       grouped_softmax(1.5, GROUPS, KEPT), store=fused(), shared="shared_experts", shared_size=2 * FFN),
    "cohere2_moe": family("cohere2_moe", {**PLAIN_SIZES, "num_experts": EXPERTS, "expert_selection_fn": "softmax",
                                          "num_shared_experts": 0, "norm_topk_prob": True}, top_then("softmax", False)),
    "cohere2_moe_sigmoid": family("cohere2_moe", {**PLAIN_SIZES, "num_experts": EXPERTS, "num_shared_experts": 0,
                                                  "expert_selection_fn": "sigmoid", "norm_topk_prob": True},
                                  top_then("sigmoid", True)),
    "aria": family("aria", {"hidden_size": HIDDEN, "intermediate_size": FFN, "moe_num_experts": EXPERTS, "moe_topk": TOP_K,
                            "moe_num_shared_experts": 2}, top_then("softmax", False), text=True,
                   block="language_model.model.layers.{}.mlp", gate="router.weight",
                   store=fused("experts.fc1.weight", "experts.fc2.weight", turn=True),
                   shared="shared_experts", shared_size=2 * FFN),
    "deepseek_v32": no_auxiliary_loss("deepseek_v32", 2.5, grouped=True,
                                      keys={"n_shared_experts": 1, "scoring_func": "sigmoid", "topk_method": "noaux_tc"}),
    "kimi_k2": no_auxiliary_loss("kimi_k2", 2.827, keys={"n_shared_experts": 1, "scoring_func": "sigmoid"}),
    "kimi_k25": no_auxiliary_loss("kimi_k25", 2.827, text=True, block="language_model.model.layers.{}.mlp"),
    "kimi_vl": no_auxiliary_loss("kimi_vl", 2.446, text=True, keys={"n_shared_experts": 2}, shared_size=2 * FFN,
                                 block="language_model.model.layers.{}.mlp"),
    "glm4v_moe": no_auxiliary_loss("glm4v_moe", 1.5, text=True, block="model.language_model.layers.{}.mlp"),
    "solar_open": no_auxiliary_loss("solar_open", 1.25),
    "glm4_moe_lite": no_auxiliary_loss("glm4_moe_lite", 1.8),
    "glm_moe_dsa": no_auxiliary_loss("glm_moe_dsa", 2.5),
    "dots1": no_auxiliary_loss("dots1", 2.5, keys={"n_shared_experts": 2}, shared_size=2 * FFN),
    "exaone_moe": no_auxiliary_loss("exaone_moe", 2.5, keys={"num_shared_experts": 1}, bias="e_score_correction_bias"),
    "mimo_v2_flash": family("mimo_v2_flash", {**SIZES, **UNGROUPED, "routed_scaling_factor": None,
                                              "n_shared_experts": None, "mlp_layer_types": ["dense", "sparse"]},
                            independent(epsilon=1e-20), bias="gate.e_score_correction_bias"),
    "minimax_m2": family("minimax_m2", {**PLAIN_SIZES, "num_local_experts": EXPERTS, "scoring_func": "sigmoid",
                                        "use_routing_bias": True}, independent(),
                         block="model.layers.{}.block_sparse_moe", store=MIXTRAL, bias="e_score_correction_bias"),
    "minimax_m3_vl": family("minimax_m3_vl", {**PLAIN_SIZES, "num_local_experts": EXPERTS, "shared_intermediate_size": 40,
                                              "routed_scaling_factor": 2.0, "swiglu_alpha": 1.25, "swiglu_limit": 1.5,
                                              "hidden_act": "swigluoai"}, independent(scale=2.0), text=True,
                            block="language_model.model.layers.{}.block_sparse_moe", store=MIXTRAL,
                            bias="e_score_correction_bias", shared="shared_experts", shared_size=40,
                            activation=oai(1.25, 1.5)),
    "lfm2_moe": family("lfm2_moe", {**SIZES, "num_experts": EXPERTS, "num_dense_layers": 1, "use_expert_bias": True,
                                    "norm_topk_prob": True, "routed_scaling_factor": 1.5},
                       independent(scale=1.5, epsilon=1e-6), block="model.layers.{}.feed_forward", store=MIXTRAL,
                       bias="expert_bias"),
    "lfm2_moe_unbiased": family("lfm2_moe", {**SIZES, "num_experts": EXPERTS, "use_expert_bias": False,
                                             "norm_topk_prob": False, "routed_scaling_factor": 1.0},
                                independent(renormalize=False), block="model.layers.{}.feed_forward", store=MIXTRAL),
    "afmoe": family("afmoe", {**SIZES, "num_experts": EXPERTS, "num_dense_layers": 1, "num_shared_experts": 2,
                              "route_scale": 2.25, "score_func": "sigmoid", "route_norm": True},
                    independent(scale=2.25, epsilon=1e-20), gate="router.gate.weight", bias="expert_bias",
                    shared="shared_experts", shared_size=2 * FFN),
    "laguna": family("laguna", {**SIZES, "num_experts": EXPERTS, "shared_expert_intermediate_size": 40,
                                "moe_routed_scaling_factor": 1.75, "moe_apply_router_weight_on_input": False,
                                "moe_router_logit_softcapping": 0.0}, independent(scale=1.75),
                     bias="experts.e_score_correction_bias", shared="shared_expert", shared_size=40),
    "hy_v3": family("hy_v3", {**SIZES, "num_experts": EXPERTS, "num_shared_experts": 1, "router_scaling_factor": 2.826},
                    independent(scale=2.826, epsilon=1e-20), gate="router.gate.weight", bias="expert_bias",
                    shared="shared_mlp"),
    "cohere2_moe_shared": family("cohere2_moe", {**PLAIN_SIZES, "num_experts": EXPERTS, "expert_selection_fn": "softmax",
                                                 "num_shared_experts": 2, "norm_topk_prob": True,
                                                 "shared_expert_combination_strategy": "average"},
                                 top_then("softmax", False), shared="shared_experts", shared_size=2 * FFN, mean=True),
    "cohere2_moe_sum": family("cohere2_moe", {**PLAIN_SIZES, "num_experts": EXPERTS, "expert_selection_fn": "sigmoid",
                                              "num_shared_experts": 1, "norm_topk_prob": True,
                                              "shared_expert_combination_strategy": "sum"},
                              top_then("sigmoid", True), shared="shared_experts"),
    "granitemoeshared": family("granitemoeshared", {**PLAIN_SIZES, "num_local_experts": EXPERTS,
                                                    "shared_intermediate_size": 40}, top_then("softmax", False),
                               block="model.layers.{}.block_sparse_moe", gate="router.layer.weight",
                               store=fused("input_linear.weight", "output_linear.weight")),
    "granitemoehybrid": family("granitemoehybrid", {**PLAIN_SIZES, "num_local_experts": EXPERTS,
                                                    "shared_intermediate_size": 40, "layer_types": ["mamba", "attention"]},
                               top_then("softmax", False), block="model.layers.{}.block_sparse_moe",
                               gate="router.layer.weight", store=fused("input_linear.weight", "output_linear.weight")),
    "granitemoe_swa": family("granitemoe_swa", {**PLAIN_SIZES, "num_local_experts": EXPERTS, "shared_intermediate_size": 0},
                             top_then("softmax", False), block="model.layers.{}.block_sparse_moe", gate="router.weight",
                             store=fused()),
    "jetmoe": family("jetmoe", {**PLAIN_SIZES, "num_local_experts": EXPERTS, "activation_function": "silu"},
                     top_then("softmax", False), gate="router.layer.weight", output_bias="bias",
                     store=fused("input_linear.weight", "output_linear.weight")),
    "longcat_flash": family("longcat_flash", {"hidden_size": HIDDEN, "moe_topk": TOP_K, "n_routed_experts": EXPERTS,
                                              "zero_expert_num": 3, "expert_ffn_hidden_size": FFN, "ffn_hidden_size": 99,
                                              "routed_scaling_factor": 2.5}, biased_softmax(2.5),
                            gate="router.classifier.weight", bias="router.e_score_correction_bias", identities=3),
    "openai_privacy_filter": family("openai_privacy_filter", {**PLAIN_SIZES, "num_local_experts": EXPERTS},
                                    top_then("softmax", False), gate="router.weight", gate_bias="router.bias",
                                    store=fused(turn=True), activation=oai(1.702, 7.0),
                                    biases=("experts.gate_up_proj_bias", "experts.down_proj_bias")),
    "deepseek_ocr2": family("deepseek_ocr2", {**SIZES, **UNGROUPED, "norm_topk_prob": False, "topk_method": "greedy",
                                              "n_shared_experts": 2, "routed_scaling_factor": 1.0,
                                              "mlp_layer_types": ["dense", "sparse"]}, softmax_then_top(renormalize=False),
                            text=True, block="model.language_model.layers.{}.mlp", shared="shared_experts",
                            shared_size=2 * FFN),
    "qwen3_omni_moe": family("qwen3_omni_moe", {**SIZES, "num_experts": EXPERTS, "norm_topk_prob": True},
                             softmax_then_top(), block="thinker.model.layers.{}.mlp",
                             nest=["thinker_config", "text_config"]),
    "qwen3_omni_moe_thinker": family("qwen3_omni_moe_thinker", {**SIZES, "num_local_experts": EXPERTS, "norm_topk_prob": True},
                                     softmax_then_top(), text=True),
    "qwen4_exp": family("qwen4_exp", {**SIZES, "num_experts": EXPERTS, "shared_expert_intermediate_size": 40,
                                      "norm_topk_prob": True}, softmax_then_top(), text=True, store=fused(),
                        block="model.language_model.layers.{}.mlp", shared="shared_expert",
                        shared_gate="shared_expert_gate.weight", shared_size=40),
    "mistral3": family("mistral3", {**SIZES, **GROUPED, "routed_scaling_factor": 1.5, "n_shared_experts": 1},
                       grouped_softmax(1.5, GROUPS, KEPT), text=True, text_type="mistral4", shared="shared_experts",
                       block="language_model.model.layers.{}.mlp"),
    "axk2": no_auxiliary_loss("axk2", 2.5, keys={"n_shared_experts": 1, "n_group": None, "topk_group": None,
                                                 "mlp_layer_types": ["dense", "sparse"]}),
    "glm5_next": no_auxiliary_loss("glm5_next", 2.5, text=True, keys={"n_shared_experts": 1, "swiglu_limit": 1.5},
                                   block="model.language_model.layers.{}.mlp", activation=clamped_swiglu(1.5)),
    "hy_v4": no_auxiliary_loss("hy_v4", 2.827, keys={"n_shared_experts": 1, "swiglu_limit": 1.5},
                               activation=clamped_swiglu(1.5), shared_activation=swiglu),
    "kimi_linear": family("kimi_linear", {"hidden_size": HIDDEN, "num_experts_per_token": TOP_K, "moe_intermediate_size": FFN,
                                          "intermediate_size": 99, "num_experts": EXPERTS, "num_shared_experts": 2,
                                          "num_expert_group": GROUPS, "topk_group": KEPT, "moe_renormalize": True,
                                          "moe_router_activation_func": "sigmoid", "routed_scaling_factor": 2.446},
                          independent(scale=2.446, epsilon=1e-20, groups=GROUPS, kept=KEPT), store=MIXTRAL,
                          block="model.layers.{}.block_sparse_moe", bias="gate.e_score_correction_bias",
                          shared="shared_experts", shared_size=2 * FFN),
    "minimax_m3_vl_saved": family("minimax_m3_vl", {**PLAIN_SIZES, "num_local_experts": EXPERTS, "hidden_act": "silu",
                                                    "shared_intermediate_size": 40, "routed_scaling_factor": 2.0,
                                                    "swiglu_alpha": 1.25, "swiglu_limit": 1.5}, independent(scale=2.0),
                                  text=True, block="model.language_model.layers.{}.mlp", store=fused(),
                                  bias="gate.e_score_correction_bias", shared="shared_experts", shared_size=40,
                                  shared_names=("gate_up_proj", "down_proj"), activation=oai(1.25, 1.5)),
    "step3p7": family("step3p7", {"hidden_size": HIDDEN, "intermediate_size": 99, "moe_intermediate_size": FFN,
                                  "moe_num_experts": EXPERTS, "moe_top_k": TOP_K, "share_expert_dim": 40,
                                  "moe_router_scaling_factor": 3.0, "swiglu_limits": [None, 1.5],
                                  "swiglu_limits_shared": [0, 0.75], "mlp_layer_types": ["dense", "sparse"]},
                      independent(scale=3.0), text=True, block="model.language_model.layers.{}.mlp", store=fused(),
                      bias="gate.e_score_correction_bias", shared="shared_experts", shared_size=40,
                      activation=swiglu_step(1.5), shared_activation=swiglu_step(0.75)),
    "step3p5": family("step3p5", {"hidden_size": HIDDEN, "intermediate_size": 99, "moe_intermediate_size": FFN,
                                  "moe_num_experts": EXPERTS, "moe_top_k": TOP_K, "share_expert_dim": 40,
                                  "moe_router_scaling_factor": 3.0, "swiglu_limits": [0.0, 0.0],
                                  "swiglu_limits_shared": [0.0, 0.0]}, independent(scale=3.0, epsilon=1e-20),
                      block="model.layers.{}.moe", store=stacked(), bias="router_bias", shared="share_expert",
                      shared_size=40, beside=True),
    "deepseek_v4": family("deepseek_v4", {**SIZES, "n_routed_experts": EXPERTS, "n_shared_experts": 1, "swiglu_limit": 1.5,
                                          "routed_scaling_factor": 1.5, "scoring_func": "sqrtsoftplus",
                                          "norm_topk_prob": True, "num_hash_layers": 1},
                          independent(score=sqrt_softplus, scale=1.5, epsilon=1e-20), block="layers.{}.ffn",
                          store=MIXTRAL, bias="gate.bias", activation=clamped_swiglu(1.5), shared="shared_experts",
                          shared_names=("w1", "w3", "w2")),
}


# evaluation

def added(vector, bias):
    return [v + b for v, b in zip(vector, bias)] if bias else vector


def expert_output(expert, token, activation, biases=(None, None, None)):
    gate, up, down = (lambda v, m=m, b=b: added(m.times(v), b) for m, b in zip(expert, biases))
    return down([activation(g, u) for g, u in zip(gate(token), up(token))])


def layer_output(what, parts, token):
    output = [0.0] * HIDDEN
    logits = added(parts["gate"].times(token), parts["gate_bias"])
    for number, weight in what["route"](logits, parts["bias"]):
        if number >= EXPERTS:
            output = [o + weight * x for o, x in zip(output, token)]
            continue
        biases = parts["biases"][number] if parts["biases"] else (None, None, None)
        for i, value in enumerate(expert_output(parts["experts"][number], token, what["activation"], biases)):
            output[i] += weight * value
    if parts["shared"]:
        factor = sigmoid(parts["shared_gate"].times(token)[0]) if parts["shared_gate"] else 1
        for i, value in enumerate(expert_output(parts["shared"], token, what["shared_activation"])):
            output[i] += factor * value
    return [v / 2 for v in output] if what["mean"] else added(output, parts["output_bias"])


# files

def flat(values):
    return [x for part in values for x in flat(part)] if isinstance(values, list) else [values]


def shape(values):
    return [len(values)] + shape(values[0]) if isinstance(values, list) else []


def write(path, tensors, metadata):
    """A safetensors file; tensors are nested lists with a type: BF16 (bits) or F32."""
    header, data = {"__metadata__": metadata}, b""
    for name, (dtype, values) in tensors.items():
        numbers = flat(values)
        raw = struct.pack(f"<{len(numbers)}{'H' if dtype == 'BF16' else 'f'}", *numbers)
        header[name] = {"dtype": dtype, "shape": shape(values), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def expert(source, size):
    return (Matrix(source, size, HIDDEN, 2 / HIDDEN**0.5), Matrix(source, size, HIDDEN, 2 / HIDDEN**0.5),
            Matrix(source, HIDDEN, size, 1 / size**0.5))


def vector(source, size):
    return [rounded(source.gauss(0, 0.2))[1] for _ in range(size)]


def bits_of(values):
    return [rounded(v)[0] for v in values]


def shared_tensors(what, matrices):
    gate, up, down = (m.bits for m in matrices)
    stored = (gate + up, down) if len(what["shared_names"]) == 2 else (gate, up, down)
    return {f"{what['shared']}.{key}.weight": ("BF16", bits) for key, bits in zip(what["shared_names"], stored)}


def config_of(what, keys):
    """config.json, with the keys where the family has them."""
    config = keys if what["text_type"] is None else {"model_type": what["text_type"], **keys}
    for place in reversed(what["nest"]):
        config = {place: config}
    return {"model_type": what["type"], **config}


def record(name, folder):
    what = FAMILIES[name]
    source = random.Random(f"record-formulas {name}")
    parts = {
        "gate": Matrix(source, EXPERTS + what["identities"], HIDDEN, 2 / HIDDEN**0.5),
        "experts": [expert(source, FFN) for _ in range(EXPERTS)],
        "bias": [rounded(source.gauss(0, 0.2))[1] if what["bias"] else 0.0
                 for _ in range(EXPERTS + what["identities"])],
        "shared": expert(source, what["shared_size"]) if what["shared"] else None,
        "shared_gate": Matrix(source, 1, HIDDEN, 1 / HIDDEN**0.5) if what["shared_gate"] else None,
    }
    parts["gate_bias"] = vector(source, EXPERTS) if what["gate_bias"] else None
    parts["biases"] = [[vector(source, n) for n in (FFN, FFN, HIDDEN)] for _ in range(EXPERTS)] if what["biases"] else None
    parts["output_bias"] = vector(source, HIDDEN) if what["output_bias"] else None
    block = what["block"].format(LAYER)
    tensors = {what["gate"]: ("BF16", parts["gate"].bits)}
    tensors |= {key: ("BF16", bits) for key, bits in what["store"](parts["experts"]).items()}
    if what["bias"]:
        tensors[what["bias"]] = ("F32", parts["bias"])
    if what["shared"] and not what["beside"]:
        tensors |= shared_tensors(what, parts["shared"])
    if what["shared_gate"]:
        tensors[what["shared_gate"]] = ("BF16", parts["shared_gate"].bits)
    if what["gate_bias"]:
        tensors[what["gate_bias"]] = ("BF16", bits_of(parts["gate_bias"]))
    if what["biases"]:
        tensors[what["biases"][0]] = ("BF16", [bits_of(gate + up) for gate, up, _ in parts["biases"]])
        tensors[what["biases"][1]] = ("BF16", [bits_of(down) for _, _, down in parts["biases"]])
    if what["output_bias"]:
        tensors[what["output_bias"]] = ("BF16", bits_of(parts["output_bias"]))
    golden = {}
    for tokens in TOKENS:
        hidden = Matrix(source, tokens, HIDDEN, 1.0)
        golden[f"hidden_states_{tokens}"] = ("BF16", hidden.bits)
        golden[f"output_{tokens}"] = ("F32", [layer_output(what, parts, row) for row in hidden.rows])
    keys = {**what["keys"], "hidden_act": what["keys"].get("hidden_act", "silu"), "num_hidden_layers": 2,
            "dtype": "bfloat16"}
    config = config_of(what, keys)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file, indent=2)
        file.write("\n")
    named = {f"{block}.{key}": value for key, value in tensors.items()}
    if what["beside"]:
        named |= {f"{block.rpartition('.')[0]}.{key}": value for key, value in shared_tensors(what, parts["shared"]).items()}
    write(os.path.join(folder, "model.safetensors"), named, {"format": "pt"})
    write(os.path.join(folder, "golden.safetensors"), golden, {
        "module": block, "note": "published formula evaluated in float64 on bfloat16-rounded weights and inputs"})
    norm = math.sqrt(sum(x * x for x in flat(golden["output_64"][1])))
    return f"{len(named)} tensors, |output_64| {norm:.3f}"


def main():
    if len(sys.argv) < 2 or any(name not in FAMILIES for name in sys.argv[2:]):
        print(__doc__, f"names: {', '.join(FAMILIES)}", sep="\n")
        return 2
    for name in sys.argv[2:] or FAMILIES:
        print(f"{name}: {record(name, os.path.join(sys.argv[1], name))}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
