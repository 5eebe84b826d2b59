"""The layers that are measured, their random weights, and the tensors, the floor and the reference of one call."""

import dataclasses

import torch

import routing

ALPHA, LIMIT = 1.702, 7.0
SAMPLED_ROWS = 3
WRONG = 1e6


@dataclasses.dataclass(frozen=True)
class Shape:
    """A layer as `fusedmoe bench` names it; of an expert-parallel layer, the first rank."""

    experts: int
    top_k: int
    hidden: int
    intermediate: int
    ranks: int = 1
    swiglu_oai: bool = False

    @property
    def local(self):
        return self.experts // self.ranks


SHAPES = {
    "mixtral-8x7b": Shape(8, 2, 4096, 14336),
    "qwen3-30b-a3b": Shape(128, 8, 2048, 768),
    "qwen3-235b-a22b": Shape(128, 8, 4096, 1536),
    "deepseek-v3-ep8": Shape(256, 8, 7168, 2048, ranks=8),
    "gpt-oss-120b": Shape(128, 4, 2880, 2880, swiglu_oai=True),
    "untuned-64x6": Shape(64, 6, 2816, 1408),
}


class Layer:
    """Weights in the checkpoint's layout: w13 is [E, 2I, H] with gate rows first, w2 is [E, H, I]."""

    def __init__(self, shape, device, one_expert=False):
        self.shape, self.device = shape, device
        # With one_expert all experts are one piece of memory: enough to compile kernels with.
        experts = 1 if one_expert else shape.local

        def normal(*size):
            tensor = torch.empty(experts, *size, dtype=torch.bfloat16, device=device).normal_(0, 0.02)
            return tensor.expand(shape.local, *size)

        self.w13 = normal(2 * shape.intermediate, shape.hidden)
        self.w2 = normal(shape.hidden, shape.intermediate)
        self.bias13 = normal(2 * shape.intermediate) if shape.swiglu_oai else None
        self.bias2 = normal(shape.hidden) if shape.swiglu_oai else None


def _routing(shape, tokens, distribution):
    """The first draw that gives the rank something to do, as FusedMoe.Host.Benchmarks.BenchData has it."""
    for attempt in range(100):
        ids, weights = routing.draw(shape.experts, shape.top_k, tokens, distribution, seed=23 + tokens + 100_000 * attempt)
        if (ids < shape.local).any():
            break
    return ids, weights


class Call:
    """Inputs and output of one call."""

    def __init__(self, layer, tokens, distribution):
        shape = layer.shape
        self.layer, self.tokens = layer, tokens
        ids, weights = _routing(shape, tokens, distribution)
        counts = torch.bincount(ids.flatten().long(), minlength=shape.experts)[: shape.local]
        self.pairs, self.active = int(counts.sum()), int((counts > 0).sum())
        self.ids, self.weights = ids.to(layer.device), weights.to(layer.device)
        self.x = torch.empty(tokens, shape.hidden, dtype=torch.bfloat16, device=layer.device).normal_()
        self.out = torch.empty_like(self.x)
        self.valid = torch.tensor([tokens], dtype=torch.int32, device=layer.device)
        local = (ids < shape.local).any(dim=1).nonzero().flatten()
        rows = local if local.numel() else torch.arange(tokens)
        self.rows = sorted({int(rows[i * (len(rows) - 1) // (SAMPLED_ROWS - 1)]) for i in range(SAMPLED_ROWS)})
        self._expected = None

    def floor(self):
        """(bytes, operations) that no layer can do without, for the routing that was drawn."""
        shape = self.layer.shape
        matrix = shape.hidden * shape.intermediate
        return self.active * 3 * matrix * 2 + 4 * self.tokens * shape.hidden, self.pairs * 6 * matrix

    def error(self):
        """Relative Frobenius error of the sampled rows of the output, the largest; WRONG where it is no number."""
        if self._expected is None:
            self._expected = [self._reference(row) for row in self.rows]
        worst = 0.0
        for row, expected in zip(self.rows, self._expected):
            difference = (self.out[row].float() - expected).norm().item()
            error = difference / max(expected.norm().item(), 1e-12) if difference else 0.0
            worst = max(worst, min(error, WRONG)) if error == error else WRONG
        return worst

    def _reference(self, row):
        """One row in float32, nothing rounded between."""
        layer, width = self.layer, self.layer.shape.intermediate
        x, result = self.x[row].float(), torch.zeros(layer.shape.hidden, device=layer.device)
        for expert, weight in zip(self.ids[row].tolist(), self.weights[row].tolist()):
            if expert >= layer.shape.local:
                continue
            h = layer.w13[expert].float() @ x
            if layer.bias13 is not None:
                h = h + layer.bias13[expert].float()
            gate, up = h[:width], h[width:]
            if layer.shape.swiglu_oai:
                gate, up = gate.clamp(max=LIMIT), up.clamp(-LIMIT, LIMIT)
                a = gate * torch.sigmoid(ALPHA * gate) * (up + 1)
            else:
                a = gate * torch.sigmoid(gate) * up
            y = layer.w2[expert].float() @ a
            if layer.bias2 is not None:
                y = y + layer.bias2[expert].float()
            result += weight * y
        return result
