#!/usr/bin/env python3
"""Records a layer of DBRX for the checkpoint tests, from the formula of its published modeling code.

usage: record-dbrx.py FOLDER      (the recording in the tree is tests/data/recorded/dbrx)

Needs numpy only. The published code keeps w1, v1 and w2 of all experts below each other, each expert [ffn, d_model], and
computes (silu(x w1^T) * (x v1^T)) w2; scores are a softmax over all experts, the k best are divided by their 1-norm. Here
that is evaluated in float64 on bfloat16-rounded weights and inputs. The two sizes differ, so that a transposed matrix
cannot go unnoticed.
"""

import json
import os
import struct
import sys

import numpy as np

EXPERTS, TOP_K, HIDDEN, FFN, LAYER = 8, 3, 64, 48, 1
PREFIX = f"transformer.blocks.{LAYER}.ffn"


def rounded(values):
    """The bfloat16 bits nearest to float32 values (ties to even), and the values they stand for."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    bits = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return bits, (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def write(path, tensors, metadata):
    """A safetensors file of bfloat16 bits (uint16 arrays) and float32 arrays."""
    header, offset = {"__metadata__": metadata}, 0
    for name, array in tensors.items():
        dtype = "BF16" if array.dtype == np.uint16 else "F32"
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(np.ascontiguousarray(array).tobytes())


def evaluate(hidden, router, w1, v1, w2):
    logits = hidden @ router.T
    scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    output = np.zeros_like(hidden)
    for token, row in enumerate(scores):
        best = np.argsort(-row, kind="stable")[:TOP_K]
        norm = np.abs(row[best]).sum()
        for expert in best:
            gate = hidden[token] @ w1[expert].T
            gate = gate / (1 + np.exp(-gate))
            output[token] += row[expert] / norm * ((gate * (hidden[token] @ v1[expert].T)) @ w2[expert])
    return output


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    random = np.random.default_rng(11)
    names = {"experts.mlp.w1": HIDDEN, "experts.mlp.v1": HIDDEN, "experts.mlp.w2": FFN}
    stored, values = {}, {}
    for name, fan_in in names.items():
        stored[f"{PREFIX}.{name}"], flat = rounded(random.standard_normal((EXPERTS * FFN, HIDDEN)) / fan_in**0.5)
        values[name] = flat.reshape(EXPERTS, FFN, HIDDEN)
    stored[f"{PREFIX}.router.layer.weight"], router = rounded(random.standard_normal((EXPERTS, HIDDEN)) * 2 / HIDDEN**0.5)
    golden = {}
    for tokens in (1, 7, 64):
        golden[f"hidden_states_{tokens}"], hidden = rounded(random.standard_normal((tokens, HIDDEN)))
        golden[f"output_{tokens}"] = evaluate(hidden, router, *values.values()).astype(np.float32)
    config = {
        "architectures": ["DbrxForCausalLM"], "model_type": "dbrx", "d_model": HIDDEN, "n_heads": 4, "n_layers": 2,
        "max_seq_len": 64, "vocab_size": 64, "torch_dtype": "bfloat16", "attn_config": {"kv_n_heads": 2},
        "ffn_config": {"ffn_hidden_size": FFN, "moe_num_experts": EXPERTS, "moe_top_k": TOP_K,
                       "moe_normalize_expert_weights": 1, "ffn_act_fn": {"name": "silu"}},
    }
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file, indent=2)
        file.write("\n")
    write(os.path.join(folder, "model.safetensors"), stored, {"format": "pt"})
    write(os.path.join(folder, "golden.safetensors"), golden, {
        "module": PREFIX,
        "note": "published formula evaluated in float64 on bfloat16-rounded weights and inputs",
    })
    print(f"dbrx recorded in {folder}, |output_64| {np.linalg.norm(golden['output_64']):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
