"""The parts that families are made of: routing, activation, and how the matrices of an expert are stored."""

import math

from .numbers import best, sigmoid, silu, softmax, TOP_K, transposed


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
