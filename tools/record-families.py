#!/usr/bin/env python3
"""Records one mixture-of-experts layer of each model family for the checkpoint tests.

usage: record-families.py OUTPUT_FOLDER [NAME ...]

Needs torch, transformers (5.x) and safetensors; uses neither network nor accelerator. For each family it builds a tiny
model with random weights, evaluates one layer's module in float32 on bfloat16-rounded weights and inputs for 1, 7 and 64
tokens, and saves the layer's tensors under the names that save_pretrained writes. Everything goes into one archive,
OUTPUT_FOLDER/recorded-families.tar.gz, one folder a family: config.json, model.safetensors, golden.safetensors. Unpack it
in tests/data/recorded (dbrx has a script of its own, record-dbrx.py). One line a family is printed; the exit status
is the number of families that failed.
"""

import json
import os
import re
import shutil
import sys
import tarfile
import tempfile
import time
import traceback

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import torch
import transformers
from safetensors.torch import load_file, save_file

TOKENS = (1, 7, 64)
EXPERTS = 8
BASE = dict(
    vocab_size=64, hidden_size=64, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2,
    tie_word_embeddings=False,
)
DEEPSEEK = dict(
    num_key_value_heads=4, intermediate_size=96, moe_intermediate_size=64, n_routed_experts=EXPERTS,
    num_experts_per_tok=3, first_k_dense_replace=1, kv_lora_rank=16, q_lora_rank=16, qk_nope_head_dim=16,
    qk_rope_head_dim=16, v_head_dim=16,
)

# name -> (model_type, attempts): each attempt is a set of configuration keys, tried in order until one builds.
FAMILIES = {
    "phimoe": ("phimoe", [
        {**BASE, "num_local_experts": EXPERTS, "num_experts_per_tok": 2, "router_jitter_noise": 0.1},
        {**BASE, "num_local_experts": EXPERTS, "num_experts_per_tok": 2, "router_jitter_noise": 0.1,
         "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}},
    ]),
    "minimax": ("minimax", [
        {**BASE, "num_local_experts": EXPERTS, "num_experts_per_tok": 2, "head_dim": 16,
         "layer_types": ["full_attention", "full_attention"]},
    ]),
    "qwen2_moe": ("qwen2_moe", [
        {**BASE, "num_experts": EXPERTS, "num_experts_per_tok": 3, "moe_intermediate_size": 64,
         "shared_expert_intermediate_size": 96, "mlp_only_layers": [0], "norm_topk_prob": False},
    ]),
    "olmoe": ("olmoe", [{**BASE, "num_experts": EXPERTS, "num_experts_per_tok": 3, "norm_topk_prob": False}]),
    "deepseek_v2": ("deepseek_v2", [
        {**BASE, **DEEPSEEK, "n_shared_experts": 2, "topk_method": "greedy", "routed_scaling_factor": 1.0},
    ]),
    "deepseek_v2_group": ("deepseek_v2", [
        {**BASE, **DEEPSEEK, "n_shared_experts": 1, "topk_method": "group_limited_greedy", "n_group": 4,
         "topk_group": 2, "routed_scaling_factor": 2.5},
    ]),
    "glm4_moe": ("glm4_moe", [
        {**BASE, "intermediate_size": 96, "moe_intermediate_size": 64, "n_routed_experts": EXPERTS,
         "num_experts_per_tok": 3, "n_shared_experts": 1, "first_k_dense_replace": 1, "n_group": 1, "topk_group": 1,
         "routed_scaling_factor": 2.5, "norm_topk_prob": True, "head_dim": 16},
    ]),
    "ernie4_5_moe": ("ernie4_5_moe", [
        {**BASE, "intermediate_size": 96, "moe_intermediate_size": 64, "moe_num_experts": EXPERTS, "moe_k": 3,
         "moe_num_shared_experts": 1, "moe_layer_start_index": 1, "moe_layer_end_index": 1,
         "moe_layer_interval": 1},
    ]),
    "ernie4_5_moe_bias": ("ernie4_5_moe", [
        {**BASE, "intermediate_size": 96, "moe_intermediate_size": 64, "moe_num_experts": EXPERTS, "moe_k": 3,
         "moe_num_shared_experts": 0, "moe_layer_start_index": 1, "moe_layer_end_index": 1,
         "moe_layer_interval": 1, "use_bias": True},
    ]),
    "hunyuan_v1_moe": ("hunyuan_v1_moe", [{**BASE, "num_experts": EXPERTS, "moe_topk": 3, "head_dim": 16}]),
    "granitemoe": ("granitemoe", [{**BASE, "num_local_experts": EXPERTS, "num_experts_per_tok": 3}]),
    "llama4": ("llama4_text", [
        {**BASE, "intermediate_size_mlp": 96, "num_local_experts": EXPERTS, "num_experts_per_tok": 1,
         "interleave_moe_layer_step": 2, "head_dim": 16},
    ]),
    "nemotron_h": ("nemotron_h", [
        {**{k: v for k, v in BASE.items() if k != "num_hidden_layers"}, "layers_block_type": [kind, "moe"],
         "n_routed_experts": EXPERTS, "num_experts_per_tok": 3, "n_shared_experts": 1, "moe_intermediate_size": 64,
         "moe_shared_expert_intermediate_size": 96, "routed_scaling_factor": 2.5, "norm_topk_prob": True,
         "n_group": 1, "topk_group": 1, "head_dim": 16, "mamba_num_heads": 4, "mamba_head_dim": 16, "n_groups": 1,
         "ssm_state_size": 16, "use_mamba_kernels": False}
        for kind in ("attention", "full_attention")
    ]),
    "jamba": ("jamba", [
        {**BASE, "num_experts": EXPERTS, "num_experts_per_tok": 2, "expert_layer_period": 2, "expert_layer_offset": 1,
         "attn_layer_period": 1, "attn_layer_offset": 0, "use_mamba_kernels": False},
    ]),
    "qwen3_next": ("qwen3_next", [
        {**BASE, "num_experts": EXPERTS, "num_experts_per_tok": 3, "moe_intermediate_size": 64,
         "shared_expert_intermediate_size": 96, "norm_topk_prob": True, "head_dim": 16, "linear_key_head_dim": 16,
         "linear_value_head_dim": 16, "linear_num_key_heads": 2, "linear_num_value_heads": 4,
         "layer_types": ["full_attention", "full_attention"], "mlp_only_layers": [0]},
    ]),
}

LAYER = re.compile(r"\.(?:layers|blocks)\.(\d+)\.")
BLOCKS = ("mlp", "block_sparse_moe", "feed_forward", "mixer")


def build(model_type, attempts):
    """The first attempt that gives a model, in float32 and evaluation mode."""
    errors = []
    for keys in attempts:
        for options in ({"attn_implementation": "eager", "dtype": torch.float32}, {}):
            try:
                torch.manual_seed(7)
                config = transformers.AutoConfig.for_model(model_type, **keys)
                model = transformers.AutoModelForCausalLM.from_config(config, **options)
                break
            except Exception as error:
                errors.append(f"{type(error).__name__}: {error}")
        else:
            continue
        try:
            model.set_experts_implementation("eager")
        except Exception:
            pass  # older versions have only the loop over experts
        return model.float().eval()
    raise RuntimeError("no attempt built a model: " + " | ".join(errors))


def find_layer(model):
    """The last module that holds experts, with its name."""
    found = None
    for name, module in model.named_modules():
        children = {child for child, _ in module.named_children()}
        if LAYER.search(f".{name}.") and children & {"experts", "input_linear"}:
            found = (name, module)
    if found is None:
        raise RuntimeError("the model has no module with a child named 'experts' or 'input_linear'")
    return found


def randomize(module, seed):
    """Weights of a size that makes every expert and the choice of experts matter, rounded to bfloat16."""
    generator = torch.Generator().manual_seed(seed)
    tensors = list(module.named_parameters()) + [
        (name, buffer) for name, buffer in module.named_buffers() if "correction_bias" in name
    ]
    with torch.no_grad():
        for name, tensor in tensors:
            if "correction_bias" in name:
                scale = 0.1
            elif tensor.dim() < 2 or name.endswith("bias"):
                scale = 0.2
            elif re.search(r"(^|\.)(gate|router)\.", name):
                scale = 2.0 / tensor.shape[-1] ** 0.5
            else:
                scale = 1.0 / tensor.shape[-1] ** 0.5
            value = torch.randn(tensor.shape, generator=generator) * scale
            tensor.copy_(value.to(torch.bfloat16).to(tensor.dtype))


def evaluate(module, hidden):
    with torch.no_grad():
        result = module(hidden[None].clone())
    for part in result if isinstance(result, tuple) else (result,):
        if torch.is_tensor(part) and part.numel() == hidden.numel():
            return part.reshape(hidden.shape).float()
    raise RuntimeError(f"the module returned nothing with {hidden.numel()} elements")


def record(module):
    """Inputs and outputs."""
    tensors = {}
    for tokens in TOKENS:
        generator = torch.Generator().manual_seed(1000 + tokens)
        hidden = torch.randn(tokens, 64, generator=generator).to(torch.bfloat16)
        output = evaluate(module, hidden.float())
        if not torch.isfinite(output).all():
            raise RuntimeError(f"the output for {tokens} tokens is not finite")
        tensors[f"hidden_states_{tokens}"] = hidden
        tensors[f"output_{tokens}"] = output.contiguous()
    return tensors


def save_model(model, module, folder):
    """Saves in bfloat16, correction biases in float32, through save_pretrained; gives the tensors that were written."""
    kept = {
        name: tensor.detach().clone()
        for name, tensor in list(module.named_parameters()) + list(module.named_buffers())
        if "correction_bias" in name
    }
    model.to(torch.bfloat16)
    for name, value in kept.items():
        owner = module.get_submodule(name.rpartition(".")[0])
        getattr(owner, name.rpartition(".")[2]).data = value
    try:
        model.save_pretrained(folder)
        return load_file(os.path.join(folder, "model.safetensors")), "hub"
    except Exception as error:
        print(f"  save_pretrained failed ({type(error).__name__}: {error}); names as in memory")
        model.config.save_pretrained(folder)
        return {key: value.contiguous().clone() for key, value in model.state_dict().items()}, "memory"


def as_multimodal(folder, tensors):
    """llama4 is published inside a multimodal checkpoint: a nested text_config and a prefix."""
    path = os.path.join(folder, "config.json")
    with open(path, encoding="utf-8") as file:
        text = json.load(file)
    whole = {"architectures": ["Llama4ForConditionalGeneration"], "model_type": "llama4", "text_config": text}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(whole, file, indent=2)
    return {f"language_model.{key}": value for key, value in tensors.items()}


def record_family(name, folder):
    model_type, attempts = FAMILIES[name]
    model = build(model_type, attempts)
    module_name, module = find_layer(model)
    randomize(module, 11)
    golden = record(module)
    os.makedirs(folder)
    tensors, naming = save_model(model, module, folder)
    layer = LAYER.search(f".{module_name}.").group(1)
    own = re.compile(r"(?:^|\.)(?:layers|blocks)\." + layer + r"\.(?:" + "|".join(BLOCKS) + r")\.")
    tensors = {key: value.contiguous() for key, value in tensors.items() if own.search(key)}
    if name == "llama4":
        tensors = as_multimodal(folder, tensors)
    for leftover in os.listdir(folder):
        if leftover != "config.json":
            os.remove(os.path.join(folder, leftover))
    save_file(tensors, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    save_file(golden, os.path.join(folder, "golden.safetensors"), metadata={
        "module": module_name, "class": type(module).__name__, "transformers": transformers.__version__,
        "note": "module evaluated in float32 on bfloat16-rounded weights and inputs",
    })
    size = sum(os.path.getsize(os.path.join(folder, file)) for file in os.listdir(folder))
    sample = sorted(tensors)[0]
    return f"{type(module).__name__} {module_name}, {len(tensors)} tensors ({naming} names, {sample}), " \
           f"{size // 1024} KiB, |output_64| {golden['output_64'].norm():.3f}"


def main():
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    output = sys.argv[1]
    names = sys.argv[2:] or list(FAMILIES)
    os.makedirs(output, exist_ok=True)
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        for name in names:
            started = time.monotonic()
            folder = os.path.join(work, name)
            try:
                print(f"ok    {name}: {record_family(name, folder)}, {time.monotonic() - started:.1f} s", flush=True)
            except Exception as error:
                failed += 1
                shutil.rmtree(folder, ignore_errors=True)
                where = traceback.extract_tb(error.__traceback__)[-1]
                print(f"FAIL  {name}: {type(error).__name__}: {str(error)[:600]} ({where.filename}:{where.lineno})", flush=True)
        archive = os.path.join(output, "recorded-families.tar.gz")
        with tarfile.open(archive, "w:gz") as tar:
            for name in sorted(os.listdir(work)):
                tar.add(os.path.join(work, name), arcname=name)
    print(f"{len(names) - failed} of {len(names)} families recorded in {archive}, {os.path.getsize(archive) // 1024} KiB")
    return failed


if __name__ == "__main__":
    sys.exit(main())
