"""The layer over the fused-MoE Triton kernel of vLLM, in the graph-capturable form that Megatron-LM ships.

The source is not part of this repository. Point at `megatron/core/inference/moe/vllm_fused_moe.py` of a checkout of
NVIDIA/Megatron-LM, or at a copy of it beside copies of `permute.py` and `activations.py`; nothing else of that package
is needed: imports that are not there are replaced by stand-ins.
"""

import importlib
import importlib.abc
import importlib.machinery
import pathlib
import sys
import types

import torch

import row_launches

NAME = "triton"
PACKAGE = "megatron.core.inference.moe"

# BLOCK_SIZE_M, N, K, GROUP_SIZE_M, warps, stages.
TILES = (
    (16, 64, 128, 1, 4, 4),
    (16, 128, 64, 1, 4, 4),
    (16, 128, 128, 1, 4, 3),
    (32, 64, 128, 1, 4, 4),
    (32, 128, 64, 1, 4, 4),
    (64, 64, 128, 1, 4, 3),
    (64, 128, 64, 1, 4, 3),
    (64, 128, 64, 16, 4, 4),
    (128, 256, 64, 32, 8, 4),
    (128, 128, 64, 16, 8, 3),
    (128, 128, 64, 32, 4, 4),
    (128, 256, 64, 16, 8, 4),
    (128, 256, 64, 1, 8, 3),
)
# The most rows an expert gets on average, and the tiles that are tried there.
TILES_BY_ROWS = (
    (6, (0, 1, 2, 3, 4)),
    (24, (0, 2, 3, 4, 5, 6)),
    (80, (3, 4, 5, 6, 7, 9)),
    (float("inf"), (6, 7, 8, 9, 10, 11, 12)),
)
FIELDS = ("BLOCK_SIZE_M", "BLOCK_SIZE_N", "BLOCK_SIZE_K", "GROUP_SIZE_M", "num_warps", "num_stages")


class _Anything:
    """Has every attribute, answers False when it is called."""

    def __call__(self, *_, **__):
        return False

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        value = _Anything()
        setattr(self, name, value)
        return value


class _StandIn(types.ModuleType):
    """A module that has every name."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        value = (lambda function=None, **_: function) if name == "null_decorator" else _Anything()
        setattr(self, name, value)
        return value


class _StandInFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Comes last, so that it only answers for what no file has. The package of the kernel file is its folder."""

    def __init__(self, folder):
        self._folder = folder

    def find_spec(self, name, _path, _target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] == "megatron" else None

    def create_module(self, spec):
        return _StandIn(spec.name)

    def exec_module(self, module):
        if module.__name__ == PACKAGE:
            module.__path__ = [self._folder]


def load(kernel_file):
    """The module of the kernel file."""
    path = pathlib.Path(kernel_file).resolve()
    if not path.is_file():
        raise FileNotFoundError(f"--kernel-file must be a file, got {kernel_file}.")
    sys.meta_path.append(_StandInFinder(str(path.parent)))
    return importlib.import_module(f"{PACKAGE}.{path.stem}")


def tiles_for(rows_per_expert):
    """Indices of the tiles that are tried where an expert gets that many rows on average."""
    return next(tiles for most, tiles in TILES_BY_ROWS if rows_per_expert <= most)


class TritonPeer:
    """The best of a few tiles a call."""

    name = NAME

    def __init__(self, kernel_file):
        self._module = load(kernel_file)

    def candidates(self, call):
        """Configurations worth a try for the rows that experts get."""
        return [dict(zip(FIELDS, TILES[i])) for i in tiles_for(call.pairs / max(call.active, 1))]

    def bind(self, call, configuration):
        return self._with_biases(call, configuration) if call.layer.shape.swiglu_oai else self._whole(call, configuration)

    def _whole(self, call, configuration):
        """The layer as the file has it, its choice of tile replaced."""
        module, layer = self._module, call.layer

        def run():
            module._get_default_config = lambda *_, **__: dict(configuration)
            module.vllm_fused_moe(
                call.x, call.weights, layer.w13, layer.w2, module.ActivationType.SWIGLU, layer.shape.local, 0, call.valid,
                call.ids, out=call.out, num_tokens_hint=call.tokens)

        return run

    def _with_biases(self, call, configuration):
        """Its alignment and its products; biases and the activation that it lacks are in the kernels between."""
        module, layer, shape, pairs = self._module, call.layer, call.layer.shape, call.ids.numel()
        block = configuration["BLOCK_SIZE_M"]
        blocks = -(-(pairs + block * shape.local) // block)
        used = torch.tensor([pairs], dtype=torch.int32, device=layer.device)
        flat_ids, flat_weights = call.ids.view(-1), call.weights.view(-1)

        def product(rows_in, weights, tables, top_k):
            out = torch.empty(pairs, weights.shape[1], dtype=rows_in.dtype, device=rows_in.device)
            module._invoke_fused_moe_kernel(
                rows_in, weights, out, flat_weights, *tables, mul_routed_weight=False, top_k=top_k, config=configuration,
                grid_size=blocks * -(-weights.shape[1] // configuration["BLOCK_SIZE_N"]))
            return out

        def run():
            tables = module._moe_align_block_size_cuda_graphable(call.ids, block, shape.local, 0, call.valid)
            h = product(call.x, layer.w13, tables, shape.top_k)
            a = row_launches.activate(call, h, flat_ids, used)
            row_launches.combine(call, product(a, layer.w2, tables, 1))

        return run
