"""Which experts tokens choose: the same draw as FusedMoe.Host.Benchmarks.TokenRouting, so that both time one routing.

Every number comes from a counter (seed, token, slot, attempt) through the finalizer of SplitMix64, in 64-bit wrapping
arithmetic; torch is only used for its integers.
"""

import torch

NAMES = ("uniform", "zipf", "one")


def _signed(value):
    return value - (1 << 64) if value >= 1 << 63 else value


SEED_STEP = _signed(0x9E3779B97F4A7C15)
COUNTER_STEP = _signed(0xD1342543DE82EF95)
MIX_1 = _signed(0xBF58476D1CE4E5B9)
MIX_2 = _signed(0x94D049BB133111EB)


def _shifted(z, bits):
    return (z >> bits) & ((1 << (64 - bits)) - 1)


def uniform(seed, counter):
    """Doubles in [0, 1) of 53 bits, one a counter (an int64 tensor)."""
    z = counter * COUNTER_STEP + _signed((seed * SEED_STEP) & ((1 << 64) - 1))
    z = (z ^ _shifted(z, 30)) * MIX_1
    z = (z ^ _shifted(z, 27)) * MIX_2
    z = z ^ _shifted(z, 31)
    return _shifted(z, 11).double() / (1 << 53)


def _counter(tokens, slot, attempt=0):
    return ((torch.arange(tokens, dtype=torch.int64) * 64 + slot) << 24) + attempt


def draw(experts, top_k, tokens, routing, seed):
    """(ids int32, weights float32), both [tokens, top_k]: distinct experts a token, weights that sum to 1."""
    ids = torch.full((tokens, top_k), -1, dtype=torch.int64)
    share = torch.arange(1, experts + 1, dtype=torch.float64)
    cumulative = torch.cumsum(1.0 / share if routing == "zipf" else torch.ones_like(share), 0)
    for slot in range(top_k):
        if routing == "one":
            ids[:, slot] = slot
            continue
        counter, pending, attempt = _counter(tokens, slot), torch.arange(tokens), 0
        while pending.numel():
            u = uniform(seed, counter[pending] + attempt)
            pick = torch.searchsorted(cumulative, u * cumulative[-1], right=True).clamp(max=experts - 1)
            taken = (ids[pending, :slot] == pick[:, None]).any(dim=1)
            ids[pending[~taken], slot] = pick[~taken]
            pending, attempt = pending[taken], attempt + 1
    weights = torch.stack([0.1 + uniform(seed, _counter(tokens, 32 + slot)) for slot in range(top_k)], dim=1)
    return ids.to(torch.int32), (weights / weights.sum(dim=1, keepdim=True)).float()
