#!/usr/bin/env python3
"""Records a layer of each model family that has no module run behind it, from the formulas of the published modeling code.

usage: record-formulas.py FOLDER [NAME ...]      (the recordings in the tree are tests/data/recorded/NAME)

Needs Python only. formulas/families.py says how each family's config.json is spelled, what its tensors are called and how it
routes, read from the models' definitions in the transformers library (5.16 and 5.17) and written down again here; nothing is
shared with the .NET code. A layer is evaluated in float64 on bfloat16-rounded weights and inputs and saved as config.json,
model.safetensors and golden.safetensors. Sizes differ from each other, so that a transposed matrix cannot go unnoticed.
"""

import json
import math
import os
import random
import struct
import sys

from formulas.families import FAMILIES
from formulas.numbers import EXPERTS, FFN, HIDDEN, LAYER, Matrix, rounded, sigmoid, TOKENS


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
