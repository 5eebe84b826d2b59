"""Times bf16 tiles on whole layers: L2 flushed before every launch, random weights and routing, medians."""

import json
import pathlib
import statistics
import time

from . import catalog
from .cases import PLAIN
from .driver import Kernels

# Name: local experts, experts, top-k, hidden, intermediate.
LAYERS = {
    "Mixtral-8x7B": (8, 8, 2, 4096, 14336),
    "Qwen3-30B-A3B": (128, 128, 8, 2048, 768),
    "Qwen3-235B-A22B": (128, 128, 8, 4096, 1536),
    "DeepSeek-V3 1/8": (32, 256, 8, 7168, 2048),
    "gpt-oss-120b": (128, 128, 4, 2880, 2880),
}
TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384)
REPEATS = 15
FLUSH_BYTES = 512 << 20


class Layer:
    """Weights of one layer, buffers for one token count, and prepared launches."""

    def __init__(self, torch, kernels, shape):
        self.torch, self.kernels = torch, kernels
        self.local, self.experts, self.top_k, self.hidden, self.inter = shape
        options = {"device": "cuda", "dtype": torch.bfloat16}
        self.w13 = torch.empty(self.local, 2 * self.inter, self.hidden, **options).normal_(0, 0.02)
        self.w2 = torch.empty(self.local, self.hidden, self.inter, **options).normal_(0, 0.02)
        self.map = torch.full((self.experts,), -1, device="cuda", dtype=torch.int32)
        self.map[: self.local] = torch.arange(self.local, device="cuda", dtype=torch.int32)

    def tokens_are(self, tokens):
        torch, self.tokens = self.torch, tokens
        options = {"device": "cuda", "dtype": torch.bfloat16}
        self.pairs = tokens * self.top_k
        self.x = torch.randn(tokens, self.hidden, **options)
        scores, self.ids = torch.rand(tokens, self.experts, device="cuda").topk(self.top_k, dim=1)
        self.ids, self.weights = self.ids.to(torch.int32).contiguous(), scores.softmax(1).contiguous()
        self.mid = torch.randn(self.pairs, self.inter, **options) * 0.1
        self.rows = torch.zeros(self.pairs, self.hidden, **options)
        self.out = torch.zeros(tokens, self.hidden, **options)
        self.tables, self.keep = {}, []

    def table(self, block):
        """Sorted pairs in blocks, built with torch; the layer itself gets them from a device kernel."""
        if block not in self.tables:
            torch = self.torch
            flat = self.ids.reshape(-1).long()
            owner = torch.where(flat < self.local, flat, torch.full_like(flat, self.local))
            order = torch.argsort(owner, stable=True)
            counts = torch.bincount(owner, minlength=self.local + 1)[: self.local]
            blocks = (counts + block - 1) // block
            first = torch.cumsum(blocks, 0) - blocks
            start = torch.cumsum(counts, 0) - counts
            total = int(blocks.sum())
            rows = torch.full((max(total, 1) * block,), self.pairs, device="cuda", dtype=torch.int32)
            live = order[: int(counts.sum())]
            expert = owner[live]
            place = first[expert] * block + torch.arange(len(live), device="cuda") - start[expert]
            rows[place] = live.to(torch.int32)
            owners = torch.repeat_interleave(torch.arange(self.local, device="cuda"), blocks).to(torch.int32)
            owners = torch.cat([owners, torch.full((1,), -1, device="cuda", dtype=torch.int32)])
            count = torch.tensor([total * block], device="cuda", dtype=torch.int32)
            self.tables[block] = (rows, owners, count)
        return self.tables[block]

    def expected_blocks(self, block):
        """Row blocks a grid is sized for, from host facts alone."""
        pairs = max(1, self.pairs * self.local // self.experts)
        return min(pairs, -(-pairs // block) + self.local)

    def prepare(self, key, signature, grid, values):
        """A closure that launches with everything bound; it allocates nothing."""
        addresses = {n: v.data_ptr() if hasattr(v, "data_ptr") else v for n, v in values.items()}
        launch, current = self.kernels.bind(key, grid, addresses, signature), self.torch.cuda.current_stream
        self.keep.append(values)
        return lambda: launch(current().cuda_stream)

    def gemm(self, tile, first, group_m=None):
        """The first product with SwiGLU, or the second, with one tile."""
        image = catalog.grouped("bf16", tile, first, "even")
        rows, owners, count = self.table(tile[0])
        n_out, k_size = (self.inter, self.hidden) if first else (self.hidden, self.inter)
        width = n_out * (2 if first else 1)
        if group_m is None:
            group_m = 16 if self.pairs // self.experts > tile[0] // 2 else 1
        values = {
            **PLAIN, "a_ptr": self.x if first else self.mid, "b_ptr": self.w13 if first else self.w2,
            "c_ptr": self.mid if first else self.rows, "row_ids_ptr": rows, "block_experts_ptr": owners,
            "row_count_ptr": count, "n_out": n_out, "k_size": k_size, "row_limit": self.pairs,
            "row_divisor": self.top_k if first else 1, "experts": self.local, "stride_am": k_size,
            "stride_be": width * k_size, "stride_bn": k_size, "stride_cm": n_out, "gate_step": 1, "half_step": n_out,
            "group_m": group_m,
        }
        columns = -(-n_out // (tile[1] // 2 if first else tile[1]))
        return self.prepare(image.key, image.signature, (self.expected_blocks(tile[0]) * columns, 1, 1), values)

    def routed(self):
        return {"ids_ptr": self.ids, "map_ptr": self.map, "weights_ptr": self.weights, "tokens": self.tokens,
                "top_k": self.top_k, "global_experts": self.experts, "local_experts": self.local,
                "n_out": self.hidden, "stride_om": self.hidden, "flags": 8 | 32}

    def total(self):
        image = catalog.weighted_sum("bf16", self.top_k, "wide")
        values = {**self.routed(), "x_ptr": self.rows, "out_ptr": self.out, "stride_xm": self.hidden}
        return self.prepare(image.key, image.signature, (self.tokens, -(-self.hidden // 1024), 1), values)

    def tiny_gate(self, choice):
        image = catalog.tiny_gate("bf16", choice, True, tiny_align(self.hidden, choice))
        values = {**PLAIN, **self.routed(), "x_ptr": self.x, "w_ptr": self.w13, "out_ptr": self.mid,
                  "n_out": self.inter, "k_size": self.hidden, "stride_xm": self.hidden,
                  "stride_we": 2 * self.inter * self.hidden,
                  "stride_wn": self.hidden, "stride_om": self.inter, "gate_step": 1, "half_step": self.inter,
                  "flags": 32}
        return self.prepare(image.key, image.signature, (self.pairs * -(-self.inter // choice[0]), 1, 1), values)

    def tiny_down(self, choice):
        image = catalog.tiny_down("bf16", self.top_k, choice, tiny_align(self.inter, choice))
        values = {**self.routed(), "a_ptr": self.mid, "w_ptr": self.w2, "out_ptr": self.out, "k_size": self.inter,
                  "stride_am": self.inter, "stride_we": self.inter * self.hidden, "stride_wn": self.inter}
        columns = -(-self.hidden // image.constants["BLOCK_N"])
        return self.prepare(image.key, image.signature, (self.tokens * columns, 1, 1), values)


def tiny_align(k_size, choice):
    return "even" if k_size % choice[1] == 0 else "wide"


class Clock:
    """Medians of launches, each after the L2 cache was flushed."""

    def __init__(self, torch):
        self.torch = torch
        self.flush = torch.empty(FLUSH_BYTES, device="cuda", dtype=torch.uint8)

    def median(self, run):
        torch, spans = self.torch, []
        run()
        for _ in range(REPEATS):
            begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            self.flush.fill_(1)
            begin.record()
            run()
            end.record()
            spans.append((begin, end))
        torch.cuda.synchronize()
        return statistics.median(b.elapsed_time(e) for b, e in spans) * 1000

    def graph(self, runs):
        """One replay of several launches: the time that a captured layer takes."""
        torch, graph = self.torch, self.torch.cuda.CUDAGraph()
        for run in runs:
            run()
        torch.cuda.synchronize()
        with torch.cuda.graph(graph):
            for run in runs:
                run()
        return self.median(graph.replay)


def candidate_rows(per_expert):
    """Row tiles worth timing for the average rows an expert gets."""
    if per_expert <= 8:
        return (16,)
    if per_expert <= 24:
        return (16, 32)
    return (16, 32, 64, 128) if per_expert <= 64 else (64, 128) if per_expert <= 200 else (64, 128, 256)


def time_cell(layer, clock, report, name, tokens):
    """One layer at one token count: every tile, both products, then the best chain in a graph."""
    layer.tokens_are(tokens)
    per_expert = layer.pairs / layer.experts
    cell, best = {"tiles": {}, "tiny": {}}, []
    for tile in catalog.FULL_TILES:
        if tile[0] in candidate_rows(per_expert) and layer.hidden % tile[2] == 0 and layer.inter % tile[2] == 0:
            try:
                first, second = clock.median(layer.gemm(tile, True)), clock.median(layer.gemm(tile, False))
                cell["tiles"][catalog.tile_name(tile)] = [round(first, 1), round(second, 1)]
                best.append((tile, first, second))
            except Exception as e:
                cell["tiles"][catalog.tile_name(tile)] = str(e)[:120]
    pairs = [(a[1] + b[2], a[0], b[0]) for a in best for b in best if a[0][0] == b[0][0]]
    text = ""
    if pairs:
        _, one, two = min(pairs)
        groups = time_groups(layer, clock, one) if tokens >= 256 else {}
        cell["groups"] = groups
        chain = [layer.gemm(one, True), layer.gemm(two, False), layer.total()]
        cell["best"] = {"first": catalog.tile_name(one), "second": catalog.tile_name(two)}
        cell["sum_us"], cell["layer_us"] = round(clock.median(layer.total()), 1), round(clock.graph(chain), 1)
        text = (f"{cell['layer_us']} us ({catalog.tile_name(one)} {cell['tiles'][catalog.tile_name(one)][0]} + "
                f"{catalog.tile_name(two)} {cell['tiles'][catalog.tile_name(two)][1]} + sum {cell['sum_us']})")
        if groups:
            text += f" groups {groups}"
    if layer.pairs <= 128:
        text += time_tiny(layer, clock, cell)
    report(f"{name} {tokens}: {text}")
    return cell


def time_groups(layer, clock, tile):
    """How many row blocks should share their columns."""
    return {group: round(clock.median(layer.gemm(tile, True, group)), 1) for group in (1, 4, 8, 16, 32)}


def time_tiny(layer, clock, cell):
    gates, downs = {}, {}
    for choice in catalog.TINY_GATE:
        gates[choice] = clock.median(layer.tiny_gate(choice))
    for choice in catalog.TINY_DOWN:
        downs[choice] = clock.median(layer.tiny_down(choice))
    cell["tiny"] = {"gate": {str(c): round(v, 1) for c, v in gates.items()},
                    "down": {str(c): round(v, 1) for c, v in downs.items()}}
    one, two = min(gates, key=gates.get), min(downs, key=downs.get)
    cell["tiny_us"] = round(clock.graph([layer.tiny_gate(one), layer.tiny_down(two)]), 1)
    return f" | tiny {cell['tiny_us']} us ({one} {gates[one]:.1f} + {two} {downs[two]:.1f})"


def time_layers(folder, budget, report):
    """Every layer and token count, until the budget (seconds) is spent; what is measured is kept."""
    import torch

    started = time.time()
    results = {"device": torch.cuda.get_device_name(), "torch": torch.__version__, "timing": {}}
    kernels, clock = Kernels(folder), Clock(torch)
    for name, shape in LAYERS.items():
        try:
            layer = Layer(torch, kernels, shape)
        except Exception as e:
            report(f"FAIL time {name}: {e}")
            continue
        for tokens in TOKENS:
            if time.time() - started > budget:
                report(f"time budget of {budget} s spent at {name} {tokens}")
                break
            try:
                results["timing"][f"{name} {tokens}"] = time_cell(layer, clock, report, name, tokens)
            except Exception as e:
                report(f"FAIL time {name} {tokens}: {type(e).__name__}: {str(e)[:200]}")
        del layer
        torch.cuda.empty_cache()
    pathlib.Path(folder, "timing.json").write_text(json.dumps(results))
    report(f"timed on {results['device']} in {time.time() - started:.0f} s")
    return results
